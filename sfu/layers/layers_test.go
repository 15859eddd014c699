package layers

import (
	"testing"
	"time"
)

// run ticks once a second and returns the seconds at which the picture was held
// back or let go.
func run(c *Choice, seconds int, have, takes func(s int) int64) (changes []int) {
	start := time.Unix(1000, 0)
	for s := range seconds {
		if c.Tick(start.Add(time.Duration(s)*time.Second), have(s), takes(s)) {
			changes = append(changes, s)
		}
	}
	return changes
}

func always(v int64) func(int) int64 { return func(int) int64 { return v } }

func TestFlowsWhileThereIsRoom(t *testing.T) {
	for name, have := range map[string]int64{"unknown": 0, "enough": 300_000, "nearly enough": 250_000} {
		var c Choice
		if changes := run(&c, 60, always(have), always(300_000)); changes != nil || c.Held() {
			t.Errorf("%s: held or let go at %v", name, changes)
		}
	}
}

func TestAShortDipIsForgiven(t *testing.T) {
	var c Choice
	dip := func(s int) int64 {
		if s%5 < 2 {
			return 50_000
		}
		return 400_000
	}
	if changes := run(&c, 60, dip, always(300_000)); changes != nil {
		t.Errorf("held or let go at %v", changes)
	}
}

func TestTrialsBackOff(t *testing.T) {
	var c Choice
	changes := run(&c, 120, always(50_000), always(300_000))
	want := []int{3, 8, 12, 22, 26, 46, 50, 90, 94} // held 5, 10, 20, 40 s; three and a tick to be sure
	if len(changes) < len(want) {
		t.Fatalf("held and let go at %v, want %v", changes, want)
	}
	for i := range want {
		if changes[i] != want[i] {
			t.Fatalf("held and let go at %v, want %v", changes, want)
		}
	}
}

func TestRoomEndsHoldingAtOnce(t *testing.T) {
	var c Choice
	have := func(s int) int64 {
		if s < 5 {
			return 50_000
		}
		return 1_000_000
	}
	changes := run(&c, 60, have, always(300_000))
	if len(changes) != 2 || changes[0] != 3 || changes[1] != 5 {
		t.Errorf("held and let go at %v, want [3 5]", changes)
	}
}
