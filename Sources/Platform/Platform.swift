// The C library under one name: glibc, or musl in a static build. Swift hands an import on in no other way.
#if canImport(Glibc)
    @_exported import Glibc
#else
    @_exported import Musl
#endif
