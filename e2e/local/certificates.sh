# shellcheck shell=bash
# The cluster's own certificate authority, its certificates and kubeconfig files.

certificates_create() {
  local pki=$STATE/pki
  mkdir -p "$pki"
  chmod 0700 "$pki"
  openssl_key "$pki/ca.key" "$pki/ca.crt" /CN=osimage-e2e-ca \
    -addext 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature'
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$pki/service-account.key"
  openssl pkey -in "$pki/service-account.key" -pubout -out "$pki/service-account.pub"
  # 10.96.0.1 is the Service "kubernetes", the address that pods use.
  certificate apiserver /CN=kube-apiserver serverAuth \
    "IP:$NODE_ADDRESS,IP:10.96.0.1,IP:127.0.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  certificate kubelet-serving "/CN=$NODE_NAME" serverAuth "DNS:$NODE_NAME,IP:127.0.0.1"
  certificate apiserver-kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
  certificate admin /O=system:masters/CN=osimage-e2e-admin clientAuth
  certificate controller-manager /CN=system:kube-controller-manager clientAuth
  certificate scheduler /CN=system:kube-scheduler clientAuth
  certificate kube-proxy /CN=system:kube-proxy clientAuth
  certificate kubelet "/O=system:nodes/CN=system:node:$NODE_NAME" clientAuth
}

certificate() {
  local name=$1 subject=$2 usage=$3 names=${4:-} pki=$STATE/pki
  openssl_key "$pki/$name.key" "$pki/$name.crt" "$subject" -CA "$pki/ca.crt" -CAkey "$pki/ca.key" \
    -addext basicConstraints=critical,CA:FALSE -addext "extendedKeyUsage=$usage" \
    -addext keyUsage=critical,digitalSignature ${names:+-addext "subjectAltName=$names"}
}

openssl_key() {
  local key=$1 certificate=$2 subject=$3
  shift 3
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -batch \
    -keyout "$key" -out "$certificate" -subj "$subject" "$@" 2>"$STATE/log/openssl.log" ||
    { cat "$STATE/log/openssl.log" >&2; return 1; }
}

# The certificates are inside, so that the admin's file can be copied anywhere. The key is in the
# older form "EC PRIVATE KEY": the fabric8 client takes a PKCS#8 one for RSA.
kubeconfig_create() {
  local name=$1 file=$2 pki=$STATE/pki
  (
    umask 077
    cat >"$file" <<END
apiVersion: v1
kind: Config
clusters:
  - name: osimage-e2e
    cluster:
      server: https://$NODE_ADDRESS:6443
      certificate-authority-data: $(base64 -w0 "$pki/ca.crt")
users:
  - name: $name
    user:
      client-certificate-data: $(base64 -w0 "$pki/$name.crt")
      client-key-data: $(openssl ec -in "$pki/$name.key" 2>/dev/null | base64 -w0)
contexts:
  - name: osimage-e2e
    context: {cluster: osimage-e2e, user: $name}
current-context: osimage-e2e
END
  )
}

kubeconfigs_create() {
  local name
  for name in controller-manager scheduler kube-proxy kubelet; do
    kubeconfig_create "$name" "$STATE/etc/$name.kubeconfig"
  done
  kubeconfig_create admin "$STATE/kubeconfig"
}
