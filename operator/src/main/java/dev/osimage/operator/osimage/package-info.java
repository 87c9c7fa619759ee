/** What the operator does for an OsImage: gather, decide, act, report. */
@NullMarked
package dev.osimage.operator.osimage;

import org.jspecify.annotations.NullMarked;
