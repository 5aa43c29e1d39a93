// Command analyzers runs every analyzer of istioctl on a file of manifests, and writes what they say as JSON.
//
// `istioctl analyze --use-kube=false` itself leaves out each analyzer that wants Pods, Services, Namespaces, Secrets or
// Nodes, even where the files hold all of them. Here these are read from the file too.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"istio.io/istio/pkg/config/analysis/analyzers"
	"istio.io/istio/pkg/config/analysis/local"
	"istio.io/istio/pkg/log"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	logging := log.DefaultOptions()
	logging.OutputPaths = []string{"stderr"}
	logging.SetDefaultOutputLevel(log.OverrideScopeName, log.ErrorLevel)
	if err := log.Configure(logging); err != nil {
		return err
	}
	analyzer := local.NewIstiodAnalyzer(analyzers.AllCombined(), "", "istio-system", nil)
	// What cannot be read is said by the analysis of the rest, as istioctl does it.
	source := []local.ReaderSource{{Name: path, Reader: file}}
	if err := analyzer.AddTestReaderKubeSource(source); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err := analyzer.AddDefaultResources(); err != nil {
		return err
	}
	result, err := analyzer.Analyze(make(chan struct{}))
	if err != nil {
		return err
	}
	said := make([]map[string]any, 0, len(result.Messages))
	for _, message := range result.Messages {
		said = append(said, message.Unstructured(true))
	}
	return json.NewEncoder(os.Stdout).Encode(said)
}
