// Package timeline puts RTP timestamps on the recorder's clock, so that one
// person's sound and picture, and all people of a consultation, stay together.
//
// Inputs: RTP timestamps with the time of their arrival, and the sender's
// reports (RFC 3550 §6.4.1), which tie RTP time to the sender's wall clock.
// Output: the time of a frame, as a duration since the recording began.
//
// Until a track's first report its time is that of arrival: the least delayed
// packet counts. From then on the newest report turns RTP time into the sender's
// wall clock, and [Clock] turns that into ours: by the smallest difference
// between a report's arrival and its NTP time. Both tracks of a sender share it,
// so what it is wrong by they have in common.
//
// A mapping that turns out wrong is corrected:
//   - by up to stepAfter it slews, 10 ms a second: nothing is heard or seen;
//   - by more it steps when that is forward (silence, a frozen frame) or when the
//     track has just begun; later it slews back, since a step would lose media.
//
// A sender's RTP clock may jump, or stand still while he sends nothing. A frame
// that would lie in the future, or frames that are all late after a pause, show
// it: then arrival counts again until a report agrees.
//
// Time never runs backwards in a track. The package is pure.
package timeline
