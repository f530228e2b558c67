// Prints what Kubernetes' own readers make of YAML streams: a line a document, "FILE INDEX ok|twice|refused JSON".
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	stream "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// sorted writes JSON again with its keys in order and its numbers as they stood.
func sorted(text []byte) string {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return err.Error()
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.Encode(value)
	return string(bytes.TrimSpace(out.Bytes()))
}

func read(name string, out io.Writer) {
	text, err := os.ReadFile(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	documents := stream.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for index := 0; ; index++ {
		document, err := documents.Read()
		if err == io.EOF {
			return
		}
		if err != nil { // the separator itself is wrong
			fmt.Fprintf(out, "%s\t%d\trefused\n", name, index)
			return
		}
		asJSON, err := yaml.YAMLToJSON(document)
		if err != nil {
			fmt.Fprintf(out, "%s\t%d\trefused\n", name, index)
			continue
		}
		if string(asJSON) == "null" {
			continue
		}
		verdict := "ok"
		if _, err := yaml.YAMLToJSONStrict(document); err != nil && !bytes.Contains(document, []byte("<<")) {
			verdict = "twice"
		}
		fmt.Fprintf(out, "%s\t%d\t%s\t%s\n", name, index, verdict, sorted(asJSON))
	}
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, name := range os.Args[1:] {
		read(name, out)
	}
}
