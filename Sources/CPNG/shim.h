// CPNG: libpng for Swift, nothing else. The module offers png.h as it is (its simplified API serves for reading)
// and one function that writes a file with text chunks: libpng reports errors by longjmp, which must not cross a
// Swift frame, so everything between setjmp and the end of the file happens inside that function.
#pragma once
#include <png.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A PNG file under way, and the text of the error that ended it.
struct omnicache_png_file {
    unsigned char *bytes;
    size_t count;
    size_t capacity;
    char error[160];
};

static inline void omnicache_png_write(png_structp png, png_bytep data, size_t count) {
    struct omnicache_png_file *file = (struct omnicache_png_file *)png_get_io_ptr(png);
    if (count > file->capacity - file->count) {
        size_t capacity = 2 * file->capacity + count + 4096;
        unsigned char *bytes = (unsigned char *)realloc(file->bytes, capacity);
        if (!bytes) png_error(png, "out of memory");
        file->bytes = bytes;
        file->capacity = capacity;
    }
    memcpy(file->bytes + file->count, data, count);
    file->count += count;
}

static inline void omnicache_png_flush(png_structp png) { (void)png; }

static inline void omnicache_png_error(png_structp png, png_const_charp message) {
    struct omnicache_png_file *file = (struct omnicache_png_file *)png_get_error_ptr(png);
    snprintf(file->error, sizeof file->error, "%s", message);
    png_longjmp(png, 1);
}

// A warning means that libpng has changed or left out something that it was asked to write.
static inline void omnicache_png_warning(png_structp png, png_const_charp message) {
    omnicache_png_error(png, message);
}

// Encodes `pixels`, [height, width, 3] 8-bit RGB, rows from the top, as a PNG file in `file->bytes`, which the
// caller frees, success or not. `texts` holds `text_count` pairs of a Latin-1 keyword and a value, each ended by a
// zero byte; `text_is_utf8` says for each pair whether the value is UTF-8 (iTXt) or Latin-1 (tEXt).
// Returns 1, or 0 with the reason in `file->error`.
__attribute__((noinline)) static int omnicache_png_encode(
    const unsigned char *pixels, unsigned width, unsigned height, const char *texts,
    const unsigned char *text_is_utf8, size_t text_count, struct omnicache_png_file *file) {
    memset(file, 0, sizeof *file);
    // Set once, before setjmp, so that their values are defined after longjmp.
    png_textp const entries = (png_textp)calloc(text_count ? text_count : 1, sizeof *entries);
    png_structp const png = png_create_write_struct(
        PNG_LIBPNG_VER_STRING, file, omnicache_png_error, omnicache_png_warning);
    png_infop const info = png ? png_create_info_struct(png) : NULL;
    int succeeded = 0;
    if (!entries || !png || !info) {
        if (!file->error[0]) snprintf(file->error, sizeof file->error, "out of memory");
    } else if (!setjmp(png_jmpbuf(png))) {
        png_set_write_fn(png, file, omnicache_png_write, omnicache_png_flush);
        png_set_IHDR(
            png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
            PNG_FILTER_TYPE_DEFAULT);
        for (size_t index = 0; index < text_count; index++) {
            png_textp entry = &entries[index];
            entry->compression = text_is_utf8[index] ? PNG_ITXT_COMPRESSION_NONE : PNG_TEXT_COMPRESSION_NONE;
            entry->key = (char *)texts;
            texts += strlen(texts) + 1;
            entry->text = (char *)texts;
            if (text_is_utf8[index])
                entry->itxt_length = strlen(texts);
            else
                entry->text_length = strlen(texts);
            texts += strlen(texts) + 1;
        }
        if (text_count) png_set_text(png, info, entries, (int)text_count);
        png_write_info(png, info);
        for (unsigned row = 0; row < height; row++)
            png_write_row(png, pixels + (size_t)row * width * 3);
        png_write_end(png, info);
        succeeded = 1;
    }
    if (png) {
        png_structp written = png;
        png_infop described = info;
        png_destroy_write_struct(&written, &described);
    }
    free(entries);
    return succeeded;
}
