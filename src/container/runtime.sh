#!/usr/bin/env bash
# runtime.sh JDK CERTIFICATES.pem DIR: the Java runtime of the image, linked from JDK into DIR/app/java.
set -euo pipefail
export LC_ALL=C
umask 022

jdk=$1
certificates=$2
java=$3/app/java
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
modules=java.base,java.logging,java.management,java.naming,java.xml
modules+=,jdk.crypto.ec,jdk.httpserver,jdk.management,jdk.naming.dns,jdk.unsupported

mkdir -p "$(dirname "$java")"
# zip-0: the gzip of the layer shrinks plain classes better than classes that are compressed already.
"$jdk/bin/jlink" --add-modules "$modules" --output "$java" \
  --strip-debug --no-header-files --no-man-pages --compress zip-0
rm -f "$java/lib/security/cacerts"
"$jdk/bin/java" "$here/TrustStore.java" "$certificates" "$java/lib/security/cacerts"
chmod -R u+rwX,go=rX "$3"
