package sfu

import "time"

// ntpEpoch is 1970 in seconds of NTP, which counts from 1900 (RFC 5905 §6).
const ntpEpoch = 2208988800

// ntpTime reads a 64-bit NTP timestamp.
func ntpTime(ntp uint64) time.Time {
	seconds := int64(ntp>>32) - ntpEpoch
	return time.Unix(seconds, int64((ntp&0xffffffff)*1e9>>32)).UTC()
}

// absSendTime is the 24-bit send time of the abs-send-time extension: seconds
// modulo 64 with 18 bits of fraction.
func absSendTime(t time.Time) uint32 {
	seconds := uint64(t.Unix()+ntpEpoch) & 0x3f
	fraction := uint64(t.Nanosecond()) << 18 / 1e9
	return uint32(seconds<<18 | fraction)
}
