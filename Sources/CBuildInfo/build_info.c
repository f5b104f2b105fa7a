#include "CBuildInfo.h"

const char *akv_build_version(void) { return "v0.1.0"; }

// Package.swift defines both from the environment that deploy/release/build-info.sh gives to `make`.
const char *akv_build_commit(void) { return AKV_COMMIT; }

const char *akv_build_date(void) { return AKV_DATE; }
