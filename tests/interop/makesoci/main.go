// Makes the SOCI table (ztoc) of a gzip layer, with the library that defines the format.
// Usage: makesoci LAYER.tar.gz OUT SPAN-BYTES
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/awslabs/soci-snapshotter/ztoc"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(layer, out, span string) error {
	size, err := strconv.ParseInt(span, 10, 64)
	if err != nil {
		return err
	}
	table, err := ztoc.NewBuilder("tests").BuildZtoc(layer, size)
	if err != nil {
		return err
	}
	reader, _, err := ztoc.Marshal(table)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(reader)
	if err != nil {
		return err
	}
	return os.WriteFile(out, content, 0o644)
}
