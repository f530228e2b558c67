// Reviews at a fixed rate over many connections, as API servers send them: latency counts from when a request was due, not from when there was time for it.
//
//	main URL CA REVIEW CONNECTIONS RATE SECONDS       prints requests, errors, p50, p99, p99.9
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"
)

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

func content(name string) []byte {
	bytes, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return bytes
}

// One connection; each has its own transport, so that none is shared.
func client(roots *x509.CertPool) *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, NextProtos: []string{"http/1.1"}},
		MaxConnsPerHost:     1,
		MaxIdleConnsPerHost: 1,
		IdleConnTimeout:     90 * time.Second,
	}}
}

func post(c *http.Client, url string, review []byte) bool {
	reply, err := c.Post(url, "application/json", bytes.NewReader(review))
	if err != nil {
		return false
	}
	io.Copy(io.Discard, reply.Body)
	reply.Body.Close()
	return reply.StatusCode == http.StatusOK
}

func main() {
	url, review := os.Args[1], content(os.Args[3])
	connections, rate, seconds := number(os.Args[4]), number(os.Args[5]), number(os.Args[6])
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(content(os.Args[2]))
	between := time.Duration(connections) * time.Second / time.Duration(rate)

	clients := make([]*http.Client, connections)
	errors := 0
	for i := range clients {
		clients[i] = client(roots)
		if !post(clients[i], url, review) {
			errors++
		}
	}
	var mutex sync.Mutex
	var times []time.Duration
	var all sync.WaitGroup
	start := time.Now().Add(100 * time.Millisecond)
	for i, c := range clients {
		all.Add(1)
		go func() {
			defer all.Done()
			due := start.Add(between * time.Duration(i) / time.Duration(connections))
			for ; due.Before(start.Add(time.Duration(seconds) * time.Second)); due = due.Add(between) {
				time.Sleep(time.Until(due))
				good := post(c, url, review)
				took := time.Since(due)
				mutex.Lock()
				times = append(times, took)
				if !good {
					errors++
				}
				mutex.Unlock()
			}
		}()
	}
	all.Wait()
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	at := func(part float64) string {
		return fmt.Sprintf("%.2fms", times[int(part*float64(len(times)-1))].Seconds()*1000)
	}
	fmt.Println(len(times), errors, at(.5), at(.99), at(.999))
}
