// Client posts a review over and over, with the transport that an API server uses for webhooks (client-go's defaults, HTTP/1.1 by
// ALPN), to whichever endpoints are ready, until its standard input ends. Then it says as JSON what became of that.
//
//	client -ca FILE -review FILE -endpoints FILE [-workers N] [-pause LONGEST]
//
// Each line of the endpoints file is the address that serves reviews and the one that serves health. As with a Service, who is not
// ready gets no new connections; nobody is tried a second time elsewhere.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type report struct {
	Requests  int64            `json:"requests"`
	Dialled   int64            `json:"dialled"`
	Reused    int64            `json:"reused"`
	Told      int64            `json:"told"` // to come again by another connection
	Again     int64            `json:"again"`
	By        map[string]int64 `json:"by"` // address
	Protocols map[string]int64 `json:"protocols"`
	Failed    []string         `json:"failed"`
}

type client struct {
	http      *http.Client
	review    []byte
	endpoints string
	ready     atomic.Pointer[[]string]
	next      atomic.Uint64

	mutex  sync.Mutex
	report report
}

func (c *client) count(number *int64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	*number++
}

func (c *client) fail(what string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.report.Failed) < 20 {
		c.report.Failed = append(c.report.Failed, what)
	}
}

// Like a kubelet and the endpoints that follow from what it sees.
func (c *client) look() {
	text, err := os.ReadFile(c.endpoints)
	if err != nil {
		return
	}
	probe := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	ready := []string{}
	for _, line := range strings.Split(string(text), "\n") {
		addresses := strings.Fields(line)
		if len(addresses) != 2 {
			continue
		}
		answer, err := probe.Get("http://" + addresses[1] + "/readyz")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			ready = append(ready, addresses[0])
		}
	}
	c.ready.Store(&ready)
}

func (c *client) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	ready := *c.ready.Load()
	if len(ready) == 0 {
		return nil, errors.New("no endpoint is ready")
	}
	address := ready[c.next.Add(1)%uint64(len(ready))]
	dialer := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return dialer.DialContext(ctx, network, address)
}

func (c *client) transport(ca string) error {
	bundle, err := os.ReadFile(ca)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(bundle) {
		return fmt.Errorf("%s holds no certificate", ca)
	}
	c.http = &http.Client{
		Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
		Transport: &http.Transport{
			DialContext:         c.dial,
			TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}},
			TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 25,
			IdleConnTimeout:     90 * time.Second,
		},
	}
	return nil
}

// One review; who is told to come again does, as client-go does, up to ten times.
func (c *client) post() {
	for try := 0; try < 10; try++ {
		from := ""
		trace := &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
			from = got.Conn.RemoteAddr().String()
			if got.Reused {
				c.count(&c.report.Reused)
			} else {
				c.count(&c.report.Dialled)
			}
		}}
		request, _ := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), http.MethodPost,
			"https://localhost/validate?timeout=10s", bytes.NewReader(c.review))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Accept", "application/json, */*")
		answer, err := c.http.Do(request)
		if err != nil {
			c.fail(err.Error())
			return
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.Close {
			c.count(&c.report.Told)
		}
		if after, _ := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && answer.StatusCode == http.StatusServiceUnavailable && after > 0 {
			c.count(&c.report.Again)
			time.Sleep(time.Duration(after) * time.Second)
			continue
		}
		if err != nil || answer.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(`"uid"`)) {
			c.fail(fmt.Sprintf("%s: %d %v %.100s", from, answer.StatusCode, err, body))
		}
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.report.Requests++
		c.report.By[from]++
		c.report.Protocols[fmt.Sprintf("%s over %s, ALPN %q", answer.Proto, tls.VersionName(answer.TLS.Version), answer.TLS.NegotiatedProtocol)]++
		return
	}
	c.fail("told ten times to come again")
}

func main() {
	ca := flag.String("ca", "", "")
	review := flag.String("review", "", "")
	endpoints := flag.String("endpoints", "", "")
	workers := flag.Int("workers", 16, "")
	pause := flag.Duration("pause", 0, "the longest between two reviews of a worker")
	flag.Parse()
	c := client{endpoints: *endpoints, report: report{By: map[string]int64{}, Protocols: map[string]int64{}, Failed: []string{}}}
	body, err := os.ReadFile(*review)
	if err == nil {
		c.review, err = body, c.transport(*ca)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	c.look()
	over := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(over)
	}()
	go func() {
		for range time.Tick(200 * time.Millisecond) {
			c.look()
		}
	}()
	var all sync.WaitGroup
	for worker := 0; worker < *workers; worker++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for {
				select {
				case <-over:
					return
				default:
					c.post()
				}
				if *pause > 0 {
					// Mostly short ones: the long ones are those that meet a connection about to be closed.
					wait := time.Duration(float64(*pause) * rand.Float64() * rand.Float64() * rand.Float64())
					select {
					case <-over:
						return
					case <-time.After(wait):
					}
				}
			}
		}()
	}
	all.Wait()
	json.NewEncoder(os.Stdout).Encode(c.report)
}
