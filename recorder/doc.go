// Package recorder writes what people send in a call to WebM files, one per
// participant, without transcoding, on one common clock. It sits behind
// [sfu.Sink] and never in the forwarding path: when the disk is slow packets
// are dropped and counted, when it fails the recording ends and the call goes on.
//
// # A packet's way
//
// A sink copies it into a bounded queue. The recording's one goroutine looks
// there every 50 ms and puts it into its track's window, which waits up to
// patience for what was lost; in order, packets become Opus and VP8 frames, and
// package timeline says when they were taken. Frames wait in the spool until
// nothing earlier can come, at most liveHold, and go to disk in clusters of half
// a second, each with one write, synced every second. So a killed process loses
// up to 2 s, mostly half a second, and a power cut a second more.
//
// # Gaps
//
// A file is as long as its recording, and both tracks are.
//   - Sound: what did not come, or came while muted, is silence in packets of 20 ms.
//   - Video: after a loss nothing is written until the next key frame, which is
//     asked for at once; the last picture stands. So it does when packets stop
//     without a word, for up to 10 s. A camera that is off, ended or gone longer is
//     black: a key frame at once and every 5 s, so that one can seek there.
//   - What is sent while muted is not recorded: nobody in the call got it.
//   - A track that begins late is led by silence or black; one that never began
//     is left out, so a file may hold sound or video alone.
//
// # Files
//
// While it is written a recording is ID.spool, a WebM without an index. Finishing
// reads that once more, whatever its end looks like, and writes ID.tmp with
// duration, true picture size and Cues at key frames; syncs it, reads it back,
// compares the hash, renames it to ID.webm, syncs the directory, and only then
// removes the spool. [Recording.Stop] does that, and [Recorder.Mend] for what a
// crash or a full disk left; cut off anywhere it can be done again.
package recorder
