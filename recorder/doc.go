// Package recorder writes what people send in a call to WebM files, one per
// participant, without transcoding, on one common clock. It sits behind
// [sfu.Sink] and never in the forwarding path: when the disk is slow packets
// are dropped and counted, when it fails the recording ends and the call goes on.
package recorder
