// Judges a serving certificate as the API server does, which is written in Go:
// verify_certificate BUNDLE CHAIN NAME prints "ok" or the reason.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

func main() {
	bundle, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	chain, err := os.ReadFile(os.Args[2])
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	block, _ := pem.Decode(chain)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		panic(err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: os.Args[3]}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("ok")
}
