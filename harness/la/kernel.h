/* Which linear-algebra kernel runs: recorded with every result, because bits depend on it. */
#ifndef SB_LA_KERNEL_H
#define SB_LA_KERNEL_H

/* One BLAS thread, whatever the environment says. Call before any BLAS call of a process. */
void sb_kernel_single_thread(void);
const char *sb_kernel_name(void);    /* "Haswell" */
const char *sb_kernel_library(void); /* OpenBLAS's own description */
int sb_kernel_threads(void);

#endif
