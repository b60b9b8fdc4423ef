#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "file.h"
#include "kernel.h"
#include "provenance.h"
#include "selbench/hdf5.h"
#include "str.h"

static bool in_path(cli *c, const char *program)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        const size_t size = strcspn(path, ":");
        const char *file = sb_str_format(c->cx.arena, "%.*s/%s", (int)size, path, program);
        if (file && access(file, X_OK) == 0) return true;
        path += size + (path[size] == ':');
    }
    return false;
}

static void part(const char *name, bool there, const char *yes, const char *no)
{
    (void)printf("%-14s %s  %s\n", name, there ? "ok     " : "missing", there ? yes : no);
}

int cmd_doctor(cli *c, int argc, char **argv)
{
    const int code = cli_parse(c, "doctor", NULL, argc, argv, NULL, 0, 0);
    if (code >= 0) return code;
    sb_kernel_single_thread();
    (void)printf("selbench %s\n\n", sb_version_text());
    json_t *software = sb_provenance_software();
    const char *key = NULL;
    json_t *v = NULL;
    json_object_foreach(software, key, v)
    {
        if (json_is_string(v)) (void)printf("%-14s %s\n", key, json_string_value(v));
    }
    json_decref(software);
    const bool pinned = strcmp(sb_kernel_name(), "Haswell") == 0;
    (void)printf("%-14s %d\n%-14s %ld\n\n", "blas threads", sb_kernel_threads(), "processors",
                 sysconf(_SC_NPROCESSORS_ONLN));
    part("kernel", pinned, "the pinned default: the same bits on every x86-64-v3 machine",
         "another kernel runs (--kernel): results repeat on this kernel only");
    part("threads", sb_kernel_threads() == 1, "one BLAS thread", "BLAS runs more than one thread");
    part("gnuplot", in_path(c, "gnuplot"), "plots will be drawn", "no plots (package gnuplot-nox)");
    part("hdf5", sb_hdf5_version() != NULL, sb_hdf5_version(),
         "built without libhdf5: no HDF5 files (package libhdf5-dev, then build again)");
    part("data sets", sb_file_is_dir("/usr/share/datasets/fashion-mnist"), "package dataset-fashion-mnist",
         "Fashion-MNIST comes from a mirror or the network (package dataset-fashion-mnist)");
    const char *sets = sb_file_join(c->cx.arena, c->places.home, "datasets");
    part("home", sets && sb_file_is_dir(sets), c->places.home, "no datasets/ there: set SELBENCH_HOME");
    (void)printf("%-14s %s\n", "cache", c->places.cache);
    for (size_t i = 0; c->places.mirror && c->places.mirror[i]; i++)
        part("mirror", sb_file_is_dir(c->places.mirror[i]), c->places.mirror[i], c->places.mirror[i]);
    return CLI_OK;
}
