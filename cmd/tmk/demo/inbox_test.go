package demo

import (
	"fmt"
	"testing"
)

// An event's place is told by what was taken before it of the same consultation, not by when it came.
func TestPlace(t *testing.T) {
	var in inbox
	in.init()
	in.take("evt_1", "c_1", 1)
	in.take("evt_2", "c_1", 2)
	for _, tc := range []struct {
		id, session string
		sequence    int64
		want        place
	}{
		{"evt_3", "c_1", 3, placeNext},
		{"evt_9", "c_2", 1, placeNext},
		{"evt_9", "c_2", 7, placeNext}, // LK hears of it for the first time
		{"evt_2", "c_1", 2, placeAgain},
		{"evt_x", "c_1", 2, placeAgain}, // another id for what was taken
		{"evt_4", "c_1", 4, placeGap},
		{"evt_t", "", 0, placeNone}, // a test event is of no consultation
	} {
		if got := in.place(tc.id, tc.session, tc.sequence); got != tc.want {
			t.Errorf("%s, %d of %q: %s, want %s", tc.id, tc.sequence, tc.session, got, tc.want)
		}
	}
	in.take("evt_4", "c_1", 4) // taken in spite of the gap: the one that was missing is late then
	if got := in.place("evt_3", "c_1", 3); got != placeAgain {
		t.Errorf("the late one: %s", got)
	}
}

func TestInboxIsBounded(t *testing.T) {
	var in inbox
	in.init()
	for i := range keepSeen + 10 {
		id := fmt.Sprint("evt_", i)
		in.put(event{ID: id})
		in.take(id, "c_1", int64(i+1))
		in.take(id, "c_1", int64(i+1)) // again: it is one all the same
	}
	if len(in.events) != keepEvents || len(in.seen) != keepSeen || len(in.order) != keepSeen {
		t.Errorf("%d events, %d seen, %d in order", len(in.events), len(in.seen), len(in.order))
	}
	if got := in.after(in.last - 2); len(got) != 2 || got[1].ID != fmt.Sprint("evt_", keepSeen+9) {
		t.Errorf("the last two: %v", got)
	}
}
