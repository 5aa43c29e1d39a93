// Command goquantity reads quantities as the API server does, for the tests of pilothouse/quantity.py.
//
// Each request on standard input is one line: a quantity as JSON, as it stands in an object. Each answer on standard
// output is one line: "+" and the number in full, or "-" and the error.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/apimachinery/pkg/api/resource"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	answers := bufio.NewWriter(os.Stdout)
	for lines.Scan() {
		var quantity resource.Quantity
		if err := json.Unmarshal(lines.Bytes(), &quantity); err != nil {
			fmt.Fprintf(answers, "-%q\n", err.Error())
		} else {
			fmt.Fprintf(answers, "+%s\n", quantity.AsDec().String())
		}
		answers.Flush()
	}
}
