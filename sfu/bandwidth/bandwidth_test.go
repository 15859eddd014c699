package bandwidth

import (
	"slices"
	"testing"
)

func TestShares(t *testing.T) {
	for _, c := range []struct {
		name    string
		bits    int64
		sounds  int
		weights []int64
		want    []int64
	}{
		{"unknown", Unknown, 1, []int64{1}, []int64{Unknown}},
		{"one picture gets what the sound leaves", 1_056_000, 1, []int64{1}, []int64{1_000_000}},
		{"by weight", 356_000, 1, []int64{1, 2}, []int64{100_000, 200_000}},
		{"less than the sound", 20_000, 1, []int64{1}, []int64{1}},
		{"no picture", 1_000_000, 1, nil, nil},
	} {
		if got := Shares(nil, c.bits, c.sounds, c.weights); !slices.Equal(got, c.want) {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestCap(t *testing.T) {
	const most = 2_500_000
	for _, c := range []struct {
		name      string
		receivers []int64
		want      int64
	}{
		{"nobody", nil, most},
		{"told nothing", []int64{Unknown}, most},
		{"two people", []int64{400_000}, 400_000},
		{"two people, bad link", []int64{1}, Minimum},
		{"fast link", []int64{50_000_000}, most},
		{"the weakest of three", []int64{900_000, 700_000}, 700_000},
		{"one of three is very weak", []int64{900_000, 90_000}, Floor},
		{"one of three told nothing", []int64{Unknown, 700_000}, 700_000},
	} {
		if got := Cap(c.receivers, most); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
