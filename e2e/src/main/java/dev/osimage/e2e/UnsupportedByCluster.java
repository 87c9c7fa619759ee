package dev.osimage.e2e;

/** Says that this cluster cannot do what was asked, and why: a proof that needs it is skipped. */
public final class UnsupportedByCluster extends UnsupportedOperationException {

  private static final long serialVersionUID = 1;

  UnsupportedByCluster(String reason) {
    super(reason);
  }
}
