/* The fuzz targets over their corpus, as plain tests with any compiler. */
#include "file.h"
#include "test_main.h"

#define LLVMFuzzerTestOneInput fuzz_csv
#include "../fuzz/fuzz_csv.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_idx
#include "../fuzz/fuzz_idx.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_npy
#include "../fuzz/fuzz_npy.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_npz
#include "../fuzz/fuzz_npz.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_yaml
#include "../fuzz/fuzz_yaml.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_libsvm
#include "../fuzz/fuzz_libsvm.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_vecs
#include "../fuzz/fuzz_vecs.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_cifar
#include "../fuzz/fuzz_cifar.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_wordvec
#include "../fuzz/fuzz_wordvec.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_rdata
#include "../fuzz/fuzz_rdata.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_hdf5
#include "../fuzz/fuzz_hdf5.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_arff
#include "../fuzz/fuzz_arff.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_safetensors
#include "../fuzz/fuzz_safetensors.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_mat
#include "../fuzz/fuzz_mat.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_unpack
#include "../fuzz/fuzz_unpack.c"
#undef LLVMFuzzerTestOneInput

static const struct {
    const char *name;
    int (*run)(const uint8_t *, size_t);
} target[] = {{"csv", fuzz_csv},         {"idx", fuzz_idx},
              {"npy", fuzz_npy},         {"npz", fuzz_npz},
              {"yaml", fuzz_yaml},       {"libsvm", fuzz_libsvm},
              {"vecs", fuzz_vecs},       {"cifar", fuzz_cifar},
              {"wordvec", fuzz_wordvec}, {"rdata", fuzz_rdata},
              {"hdf5", fuzz_hdf5},       {"arff", fuzz_arff},
              {"unpack", fuzz_unpack},   {"safetensors", fuzz_safetensors},
              {"mat", fuzz_mat}};

static void replay(size_t i)
{
    test_ctx t;
    test_ctx_init(&t, "corpus");
    const char *folder = sb_file_join(t.cx.arena, SB_SOURCE_DIR "/tests/fuzz/corpus", target[i].name), **file;
    size_t files;
    ck_assert_ok(&t, sb_file_list(folder, &t.cx, &file, &files));
    ck_assert_uint_ge(files, 3);
    for (size_t k = 0; k < files; k++) {
        char *bytes;
        size_t size;
        ck_assert_ok(&t, sb_file_read(sb_file_join(t.cx.arena, folder, file[k]), 1 << 20, &t.cx, &bytes, &size));
        ck_assert_int_eq(target[i].run((const uint8_t *)bytes, size), 0);
    }
    ck_assert_int_eq(target[i].run((const uint8_t *)"", 0), 0);
    test_ctx_release(&t);
}

START_TEST(corpus_does_no_harm) { replay((size_t)_i); }
END_TEST

START_TEST(every_reader_has_a_target)
{
    for (size_t i = 0; i < sizeof target / sizeof *target; i++) replay(i);
    for (const sb_reader_entry *e = sb_reader_table; e->plugin; e++) {
        bool called = false;
        for (size_t k = 0; k < fuzz_calls; k++) called |= strcmp(fuzz_called[k], e->plugin->name) == 0;
        ck_assert_msg(called, "no fuzz target with a corpus calls reader '%s'", e->plugin->name);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fuzz_corpus");
    TCase *c = tcase_create("fuzz_corpus");
    tcase_add_loop_test(c, corpus_does_no_harm, 0, (int)(sizeof target / sizeof *target));
    tcase_add_test(c, every_reader_has_a_target);
    suite_add_tcase(s, c);
    return s;
}
TEST_MAIN(suite)
