// Makes an eStargz layer from a tar archive, with the library that defines the format.
// Usage: makeestargz IN.tar OUT; prints the digest of the table of contents.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/containerd/stargz-snapshotter/estargz"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	file, err := os.Open(in)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	blob, err := estargz.Build(io.NewSectionReader(file, 0, info.Size()), estargz.WithChunkSize(100_000))
	if err != nil {
		return err
	}
	defer blob.Close()
	target, err := os.Create(out)
	if err != nil {
		return err
	}
	defer target.Close()
	if _, err := io.Copy(target, blob); err != nil {
		return err
	}
	fmt.Println(blob.TOCDigest())
	return nil
}
