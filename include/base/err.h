// SPDX-License-Identifier: MIT
// Error codes: functions that can fail return 0 (or a count) or one of these negative numbers. A function that
// refuses input from outside also logs one sentence: what was wrong, where, and what would be right.
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
    ERR_INVALID = -1,     // an argument or a field has a value that is not allowed
    ERR_RANGE = -2,       // an address or size lies outside what there is
    ERR_NO_MEMORY = -3,   // the platform has no memory left
    ERR_NOT_FOUND = -4,   // no such file, key or entry
    ERR_TRUNCATED = -5,   // the input ends before what its header promises
    ERR_CORRUPT = -6,     // the input contradicts itself
    ERR_UNSUPPORTED = -7, // well formed, but of a kind that is not implemented
    ERR_OVERLAP = -8,     // two loads, or two regions, claim the same bytes
    ERR_IO = -9,          // the host failed to read or write
};

#endif
