// What Kubernetes itself reads in a text: each line of stdin is a JSON string with a manifest, each line of stdout what
// kubectl's decoder makes of it: {"documents": [...], "error": "..."}.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
)

type answer struct {
	Documents []any  `json:"documents"`
	Error     string `json:"error"`
}

// number keeps apart what JSON can't: 1 is an integer for Kubernetes and 1.0 is none.
func number(value any) any {
	switch typed := value.(type) {
	case float64:
		text, _ := json.Marshal(typed)
		return map[string]any{"\x00float": string(text)}
	case map[string]any:
		for key := range typed {
			typed[key] = number(typed[key])
		}
	case []any:
		for index := range typed {
			typed[index] = number(typed[index])
		}
	}
	return value
}

func read(text []byte) answer {
	found := answer{Documents: []any{}}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		raw := runtime.RawExtension{}
		if err := decoder.Decode(&raw); err != nil {
			if err != io.EOF {
				found.Error = err.Error()
			}
			return found
		}
		raw.Raw = bytes.TrimSpace(raw.Raw)
		if len(raw.Raw) == 0 || bytes.Equal(raw.Raw, []byte("null")) {
			continue
		}
		var data any
		if err := kjson.UnmarshalCaseSensitivePreserveInts(raw.Raw, &data); err != nil {
			found.Error = err.Error()
			return found
		}
		found.Documents = append(found.Documents, number(data))
	}
}

func main() {
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := bufio.NewWriter(os.Stdout)
	for {
		line, err := input.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var text string
			if err := json.Unmarshal(line, &text); err != nil {
				panic(err)
			}
			made, _ := json.Marshal(read([]byte(text)))
			output.Write(made)
			output.WriteByte('\n')
			output.Flush()
		}
		if err != nil {
			return
		}
	}
}
