// In place of the library that reads Zarr stores: the report holds NIfTI alone, and this saves 1.4 MB in each report.
export {};
