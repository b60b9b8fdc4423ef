/* The only user of libhdf5. The file is given to it as an image in memory, not copied. */
#include "selbench/hdf5.h"

#if SB_HDF5

#include <hdf5.h>
#include <stdio.h>
#include <string.h>

#include "str.h"

#define TEXT_OF(x) #x
#define VERSION_OF(a, b, c) TEXT_OF(a) "." TEXT_OF(b) "." TEXT_OF(c)

const char *sb_hdf5_version(void) { return VERSION_OF(H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE); }

/* ---- the image: libhdf5 wants to copy it wherever it goes, and is handed the one that there is */
typedef struct image {
    void *bytes;
    size_t size;
} image;

static void *image_take(size_t size, H5FD_file_image_op_t op, void *self)
{
    (void)op;
    const image *im = self;
    return size <= im->size ? im->bytes : NULL;
}
static void *image_copy(void *to, const void *from, size_t size, H5FD_file_image_op_t op, void *self)
{
    (void)size, (void)op, (void)self;
    return to == from ? to : NULL;
}
static void *image_grow(void *at, size_t size, H5FD_file_image_op_t op, void *self)
{
    (void)at, (void)size, (void)op, (void)self;
    return NULL; /* it is only read */
}
static herr_t image_free(void *at, H5FD_file_image_op_t op, void *self)
{
    (void)at, (void)op, (void)self;
    return 0;
}
static void *same_image(void *self) { return self; }
static herr_t keep_image(void *self)
{
    (void)self;
    return 0;
}

static herr_t refuse_link(const char *file, const char *object, const char *target_file, const char *target,
                          unsigned *flags, hid_t access, void *self)
{
    (void)file, (void)object, (void)target_file, (void)target, (void)flags, (void)access, (void)self;
    return -1;
}

/* What is open, closed together by close_all. */
typedef struct h5 {
    hid_t access, link, file, data, type, space, create;
    sb_ctx *cx;
} h5;

static void close_all(h5 *h)
{
    if (h->create >= 0) (void)H5Pclose(h->create);
    if (h->space >= 0) (void)H5Sclose(h->space);
    if (h->type >= 0) (void)H5Tclose(h->type);
    if (h->data >= 0) (void)H5Dclose(h->data);
    if (h->file >= 0) (void)H5Fclose(h->file);
    if (h->link >= 0) (void)H5Pclose(h->link);
    if (h->access >= 0) (void)H5Pclose(h->access);
}

/* The innermost entry of libhdf5's error stack: what it was about. */
static herr_t last_reason(unsigned n, const H5E_error2_t *e, void *self)
{
    (void)n;
    (void)snprintf(self, 200, "%s", e->desc && *e->desc ? e->desc : "damaged");
    return 0;
}

static sb_status damaged(const h5 *h, const char *what)
{
    char why[200] = "damaged";
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, last_reason, why);
    SB_FAIL(h->cx->err, SB_EFORMAT, "%s: libhdf5 says: %s", what, why);
}

static sb_status open_file(h5 *h, image *im)
{
    H5FD_file_image_callbacks_t callbacks = {image_take, image_copy, image_grow, image_free,
                                             same_image, keep_image, im};
    h->access = H5Pcreate(H5P_FILE_ACCESS);
    h->link = H5Pcreate(H5P_LINK_ACCESS);
    if (h->access < 0 || h->link < 0 || H5Pset_fapl_core(h->access, 1 << 16, 0) < 0 ||
        H5Pset_file_image_callbacks(h->access, &callbacks) < 0 ||
        H5Pset_file_image(h->access, im->bytes, im->size) < 0 || H5Pset_elink_cb(h->link, refuse_link, NULL) < 0)
        SB_FAIL(h->cx->err, SB_ENOMEM, "libhdf5 cannot be set up");
    h->file = H5Fopen("image", H5F_ACC_RDONLY, h->access);
    return h->file < 0 ? damaged(h, "not HDF5, or damaged") : SB_OK;
}

/* ---- names of the data sets */
typedef struct listing {
    sb_buf all;
    size_t n;
    const char *first;
} listing;

static herr_t list_one(hid_t at, const char *name, const H5O_info_t *info, void *self)
{
    (void)at;
    listing *l = self;
    if (info->type != H5O_TYPE_DATASET) return 0;
    if (l->n < 16) sb_buf_add(&l->all, "%s%.100s", l->n ? ", " : "", name);
    if (l->n == 0) l->first = sb_str_copy(l->all.arena, name, strlen(name));
    l->n++;
    return 0;
}

static sb_status list_all(const h5 *h, listing *l)
{
    *l = (listing){.all = {.arena = h->cx->arena}};
    if (H5Ovisit2(h->file, H5_INDEX_NAME, H5_ITER_INC, list_one, l, H5O_INFO_BASIC) < 0)
        return damaged(h, "its list of data sets");
    if (l->all.bad || (l->n && !l->first)) SB_FAIL(h->cx->err, SB_ENOMEM, "names of data sets");
    if (!l->n) SB_FAIL(h->cx->err, SB_EDATA, "it has no data set");
    return SB_OK;
}

static sb_status open_data(h5 *h, const char *member)
{
    listing l = {0};
    if (!*member) {
        SB_TRY(list_all(h, &l));
        if (l.n > 1)
            SB_FAIL(h->cx->err, SB_ECONFIG, "%zu data sets, name one with option 'member': %s", l.n, l.all.text);
        member = l.first;
    }
    h->data = H5Oopen(h->file, member, h->link);
    if (h->data >= 0 && H5Iget_type(h->data) == H5I_DATASET) return SB_OK;
    if (h->data >= 0) (void)H5Oclose(h->data);
    h->data = -1;
    SB_TRY(list_all(h, &l));
    SB_FAIL(h->cx->err, SB_ECONFIG, "no data set '%.200s' in this file, there are: %s", member, l.all.text);
}

/* ---- its type and shape */
typedef struct element {
    sb_dtype type;
    hid_t memory; /* as libhdf5 is to give them; never closed */
    bool wide;    /* unsigned 64 bits, to be checked */
} element;

static sb_status choose_element(const h5 *h, element *e)
{
    const H5T_class_t class = H5Tget_class(h->type);
    const size_t bytes = H5Tget_size(h->type);
    const bool sign = class == H5T_INTEGER && H5Tget_sign(h->type) == H5T_SGN_2;
    if (class == H5T_FLOAT && bytes <= 4)
        *e = (element){SB_F32, H5T_NATIVE_FLOAT, false};
    else if (class == H5T_FLOAT && bytes == 8)
        *e = (element){SB_F64, H5T_NATIVE_DOUBLE, false};
    else if (class == H5T_INTEGER && bytes == 1)
        *e = sign ? (element){SB_I8, H5T_NATIVE_INT8, false} : (element){SB_U8, H5T_NATIVE_UINT8, false};
    else if (class == H5T_INTEGER && (bytes == 2 || (bytes == 4 && sign)))
        *e = (element){SB_I32, H5T_NATIVE_INT32, false};
    else if (class == H5T_INTEGER && (bytes == 4 || bytes == 8))
        *e = bytes == 8 && !sign ? (element){SB_I64, H5T_NATIVE_UINT64, true}
                                 : (element){SB_I64, H5T_NATIVE_INT64, false};
    else
        SB_FAIL(h->cx->err, SB_EDATA,
                "its elements are neither integers nor floats of 1 to 8 bytes (class %d, %zu bytes)", (int)class,
                bytes);
    return SB_OK;
}

/* Values that lie elsewhere are not looked for: a file must not choose what else is read. */
static sb_status refuse_elsewhere(h5 *h)
{
    h->create = H5Dget_create_plist(h->data);
    if (h->create < 0) return damaged(h, "its layout");
    if (H5Pget_layout(h->create) != H5D_VIRTUAL && H5Pget_external_count(h->create) <= 0) return SB_OK;
    SB_FAIL(h->cx->err, SB_EDATA, "its values lie in other files, which are not read");
}

static sb_status take_shape(h5 *h, size_t element_bytes, size_t limit, sb_array *out, size_t *count)
{
    hsize_t dims[H5S_MAX_RANK];
    h->space = H5Dget_space(h->data);
    const int rank = h->space < 0 ? -1 : H5Sget_simple_extent_ndims(h->space);
    if (rank < 0 || H5Sget_simple_extent_type(h->space) == H5S_NULL) SB_FAIL(h->cx->err, SB_EDATA, "it has no values");
    if (rank > SB_DIMS_MAX) SB_FAIL(h->cx->err, SB_EDATA, "%d dimensions, above %d", rank, SB_DIMS_MAX);
    if (H5Sget_simple_extent_dims(h->space, dims, NULL) < 0) return damaged(h, "its shape");
    size_t room = element_bytes; /* empty dimensions count as 1, so that widths cannot overflow either */
    bool empty = false;
    for (int k = 0; k < rank; k++) {
        out->shape[k] = (size_t)dims[k];
        empty |= dims[k] == 0;
        if (__builtin_mul_overflow(room, dims[k] ? dims[k] : 1, &room) || room > limit)
            SB_FAIL(h->cx->err, SB_ENOMEM, "the array is above the limit of %zu bytes", limit);
    }
    out->dims = (size_t)rank;
    *count = empty ? 0 : room / element_bytes;
    return SB_OK;
}

static sb_status read_data(h5 *h, const char *member, size_t limit, sb_array *out)
{
    element e = {0};
    size_t count = 0;
    SB_TRY(open_data(h, member));
    SB_TRY(refuse_elsewhere(h));
    h->type = H5Dget_type(h->data);
    if (h->type < 0) return damaged(h, "its type");
    SB_TRY(choose_element(h, &e));
    const size_t bytes = sb_dtype_size(e.type);
    SB_TRY(take_shape(h, bytes, limit, out, &count));
    uint8_t *data = SB_NEW(h->cx->arena, count * bytes, uint8_t);
    if (!data) SB_FAIL(h->cx->err, SB_ENOMEM, "array of %zu bytes", count * bytes);
    if (count && H5Dread(h->data, e.memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0) return damaged(h, "its values");
    for (size_t i = 0; e.wide && i < count; i++)
        if (((const uint64_t *)(const void *)data)[i] > INT64_MAX)
            SB_FAIL(h->cx->err, SB_EDATA, "element %zu is above 2^63 - 1", i);
    out->type = e.type;
    out->data = data;
    return SB_OK;
}

sb_status sb_hdf5_read(uint8_t *bytes, size_t size, const char *member, size_t limit, sb_ctx *cx, sb_array *out)
{
    h5 h = {-1, -1, -1, -1, -1, -1, -1, cx};
    image im = {bytes, size};
    if (size < 8) SB_FAIL(cx->err, SB_EFORMAT, "not HDF5: %zu bytes", size);
    if (H5open() < 0 || H5Eset_auto2(H5E_DEFAULT, NULL, NULL) < 0 || H5PLset_loading_state(0) < 0)
        SB_FAIL(cx->err, SB_ENOMEM, "libhdf5 cannot be set up");
    sb_array a = {0};
    sb_status st = open_file(&h, &im);
    if (st == SB_OK) st = read_data(&h, member, limit, &a);
    close_all(&h);
    if (st == SB_OK) *out = a;
    return st;
}

#else

const char *sb_hdf5_version(void) { return NULL; }

sb_status sb_hdf5_read(uint8_t *bytes, size_t size, const char *member, size_t limit, sb_ctx *cx, sb_array *out)
{
    (void)bytes, (void)size, (void)member, (void)limit, (void)out;
    SB_FAIL(cx->err, SB_ENOTFOUND, "selbench was built without libhdf5 (package libhdf5-dev), so HDF5 cannot be read");
}

#endif
