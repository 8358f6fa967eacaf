// The glyph model inside the binary: a table of files (path in a diffusers folder, bytes) that the
// compiler embedded. It knows nothing of what the files mean; Checkpoints reads them as it reads a folder.
//
// Addresses are handed out as integers, so that a Swift module without unsafe code can pass them on to
// `EmbeddedTree`, which alone turns them back into pointers. They are of constants and stay valid.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Files in the table.
size_t builtinModelFileCount(void);
/// Address of the path of file `index`: UTF-8, ended by a zero byte, as "transformer/config.json".
uintptr_t builtinModelFilePath(size_t index);
/// Address of the first byte of file `index`.
uintptr_t builtinModelFileAddress(size_t index);
/// Bytes of file `index`.
size_t builtinModelFileByteCount(size_t index);
