#include "kernel.h"

#include <cblas.h>

void sb_kernel_single_thread(void) { openblas_set_num_threads(1); }
const char *sb_kernel_name(void) { return openblas_get_corename(); }
const char *sb_kernel_library(void) { return openblas_get_config(); }
int sb_kernel_threads(void) { return openblas_get_num_threads(); }
