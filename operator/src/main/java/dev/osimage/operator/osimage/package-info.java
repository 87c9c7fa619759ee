/** What the operator does for an OsImage: gather, decide, report, act. */
@NullMarked
package dev.osimage.operator.osimage;

import org.jspecify.annotations.NullMarked;
