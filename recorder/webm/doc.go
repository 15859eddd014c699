// Package webm writes and reads the WebM files of the recorder: one VP8 video
// track, one Opus audio track or both, clusters of known size, SimpleBlocks.
//
// [Writer] appends to a spool: a file that may be cut off at any byte and is
// still whole up to there. [Remux] turns a spool, torn or not, into a finished
// file with its duration and an index (Cues) in front; [Verify] reads such a
// file back and checks it. The package is pure: no clock, no files, no
// goroutines; it never panics on what it reads.
//
// Element names and numbers are those of RFC 9559 (Matroska) and RFC 8794 (EBML).
package webm
