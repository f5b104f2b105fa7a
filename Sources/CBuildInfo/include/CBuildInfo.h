/// What a program says of itself: the version, and the source that it was built from.
#pragma once

/// The version with the leading v that the driver's protocol, tags and images use.
const char *akv_build_version(void);

/// The commit that the program was built from, with "-modified" if the source differed from it; "unknown" for a build
/// without `make` or without git.
const char *akv_build_commit(void);

/// The date of that commit in UTC, such as 2026-11-27T09:01:00Z; "unknown" if it was not given. It is not the time of
/// the build, so that the same source gives the same program.
const char *akv_build_date(void);
