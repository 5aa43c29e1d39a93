// Command goyaml reads YAML as kubectl does, for the tests of pilothouse/yamlio.
//
// Each request on standard input is one line: a reader's name, a space, and the document as base64. Each answer on
// standard output is one line: "+" and the JSON, or "-" and the error. The readers: "sigs" is sigs.k8s.io/yaml
// (kubectl, the API server), "strict" the same with duplicate keys refused, "stream" the same for the first document
// where the others parse too, "v3" is go.yaml.in/yaml/v3 (Kustomize).
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

func readV3(document []byte) ([]byte, error) {
	var value any
	if err := yamlv3.Unmarshal(document, &value); err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

// readStream refuses what any document of the stream makes go-yaml refuse; sigs.k8s.io/yaml looks at the first alone.
func readStream(document []byte) ([]byte, error) {
	decoder := yamlv2.NewDecoder(bytes.NewReader(document))
	for {
		var value any
		err := decoder.Decode(&value)
		if err == io.EOF {
			return yaml.YAMLToJSON(document)
		}
		if err != nil {
			return nil, err
		}
	}
}

func read(reader string, document []byte) (answer []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	switch reader {
	case "sigs":
		return yaml.YAMLToJSON(document)
	case "strict":
		return yaml.YAMLToJSONStrict(document)
	case "stream":
		return readStream(document)
	case "v3":
		return readV3(document)
	}
	return nil, fmt.Errorf("unknown reader %q", reader)
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		reader, encoded, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		document, err := base64.StdEncoding.DecodeString(encoded)
		var answer []byte
		if err == nil {
			answer, err = read(reader, document)
		}
		if err != nil {
			out.WriteByte('-')
			out.WriteString(strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			out.WriteByte('+')
			out.Write(bytes.ReplaceAll(answer, []byte("\n"), []byte(" ")))
		}
		out.WriteByte('\n')
		if in.Buffered() == 0 {
			if out.Flush() != nil {
				return
			}
		}
	}
}
