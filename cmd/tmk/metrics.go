package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"tmk/sfu"
	"tmk/signaling"
)

// serveMetrics runs in the group until the server that it returns is shut down; nil when metrics are off.
func (s *server) serveMetrics(group *errgroup.Group) *http.Server {
	if s.metrics == nil {
		return nil
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		counts{rooms: s.hub.Stats, media: s.engine.Stats},
	)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := httpServer(mux, s.log)
	group.Go(func() error {
		if err := server.Serve(s.metrics); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve metrics: %w", err)
		}
		return nil
	})
	return server
}

// counts shows what the packages count. It asks them when Prometheus asks, so
// nothing of it is on anybody's way.
type counts struct {
	rooms func() signaling.Stats
	media func() sfu.Stats
}

// Describe tells nothing beforehand: Collect's metrics are always the same.
func (counts) Describe(chan<- *prometheus.Desc) {}

func (c counts) Collect(out chan<- prometheus.Metric) {
	gauge := func(name, help string, v int) {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc("tmk_"+name, help, nil, nil), prometheus.GaugeValue, float64(v))
	}
	counter := func(name, help string, v uint64) {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc("tmk_"+name+"_total", help, nil, nil), prometheus.CounterValue, float64(v))
	}
	rooms := c.rooms()
	gauge("sockets", "Open WebSockets.", rooms.Sockets)
	gauge("rooms", "Rooms with somebody in them.", rooms.Rooms)
	gauge("people", "People in rooms.", rooms.People)
	gauge("recordings", "Recordings that are written now.", rooms.Recordings)
	counter("sockets_accepted", "WebSockets let in.", rooms.Accepted)
	counter("sockets_refused", "WebSockets turned away: origin, too many, going down.", rooms.Refused)
	counter("messages", "Messages of clients.", rooms.Messages)
	counter("messages_bad", "Messages that could not be understood.", rooms.BadMessages)
	counter("sockets_slow", "Sockets closed because they read too slowly.", rooms.TooSlow)
	counter("sockets_rate_limited", "Sockets closed because they sent too much.", rooms.RateLimited)
	counter("room_panics", "Defects caught in rooms.", rooms.Panics)

	media := c.media()
	gauge("peers", "Media connections.", media.Peers)
	counter("rtp_packets_in", "RTP packets from clients.", media.PacketsIn)
	counter("rtp_packets_out", "RTP packets to clients, repeated ones included.", media.PacketsOut)
	counter("rtp_bytes_in", "RTP bytes from clients.", media.BytesIn)
	counter("rtp_bytes_out", "RTP bytes to clients.", media.BytesOut)
	counter("rtp_malformed", "RTP packets that could not be read.", media.Malformed)
	counter("rtp_unrouted", "RTP packets of no publication.", media.Unrouted)
	counter("rtp_late", "RTP packets that came twice or too late.", media.Late)
	counter("rtp_write_errors", "RTP packets that the transport refused.", media.WriteErrors)
	counter("nacks_sent", "Packets asked for again.", media.NacksSent)
	counter("nacks_given_up", "Packets asked for again that never came.", media.NacksGivenUp)
	counter("nacks_received", "Packets we were asked for again.", media.NacksReceived)
	counter("nacks_missed", "Of those, no longer there.", media.NacksMissed)
	counter("key_frames_asked", "Key frames that clients asked for.", media.KeyFramesAsked)
	counter("key_frames_sent", "Requests for key frames passed on.", media.KeyFramesSent)
	counter("pictures_held", "Times a picture was held back for want of bandwidth.", media.PicturesHeld)
	counter("media_panics", "Defects caught in media connections and sinks.", media.Panics+media.SinkPanics)
}
