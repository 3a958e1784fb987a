// The peer: what the benchmarks ask for, written with oras-go as its documentation shows it.
//
//	orasbench tags HOST/REPOSITORY                       list all tags
//	orasbench detail HOST/REPOSITORY GOROUTINES IDLE     Resolve, Fetch and the config of every tag; HEAD, GET, GET
//	orasbench blob HOST/REPOSITORY DIGEST                read a blob and check its digest
//
// IDLE is http.Transport's MaxIdleConnsPerHost, where 0 means Go's default of 2. It prints seconds, from before the
// first request to the last byte, and how many things were read, as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/retry"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func main() {
	log.SetFlags(0)
	idle := 0
	if len(os.Args) > 4 {
		idle = number(os.Args[4])
	}
	repository, err := remote.NewRepository(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	repository.PlainHTTP = true
	repository.TagListPageSize = 1000
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idle
	repository.Client = &auth.Client{Client: &http.Client{Transport: retry.NewTransport(transport)}}

	started := time.Now()
	count, err := do(context.Background(), repository)
	if err != nil {
		log.Fatal(err)
	}
	out := map[string]any{"seconds": time.Since(started).Seconds(), "items": count}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		log.Fatal(err)
	}
}

func do(ctx context.Context, repository *remote.Repository) (int64, error) {
	switch os.Args[1] {
	case "tags":
		tags, err := list(ctx, repository)
		return int64(len(tags)), err
	case "detail":
		return detail(ctx, repository, number(os.Args[3]))
	case "blob":
		return blob(ctx, repository, os.Args[3])
	}
	return 0, fmt.Errorf("tags, detail or blob, not %q", os.Args[1])
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func list(ctx context.Context, repository *remote.Repository) ([]string, error) {
	var all []string
	err := repository.Tags(ctx, "", func(tags []string) error {
		all = append(all, tags...)
		return nil
	})
	return all, err
}

func detail(ctx context.Context, repository *remote.Repository, goroutines int) (int64, error) {
	tags, err := list(ctx, repository)
	if err != nil {
		return 0, err
	}
	todo := make(chan string)
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			for tag := range todo {
				if err := one(ctx, repository, tag); err != nil {
					log.Fatal(err)
				}
			}
		})
	}
	for _, tag := range tags {
		todo <- tag
	}
	close(todo)
	group.Wait()
	return int64(len(tags)), nil
}

func one(ctx context.Context, repository *remote.Repository, tag string) error {
	descriptor, err := repository.Resolve(ctx, tag)
	if err != nil {
		return err
	}
	raw, err := content.FetchAll(ctx, repository, descriptor)
	if err != nil {
		return err
	}
	var manifest ocispec.Manifest
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return err
	}
	raw, err = content.FetchAll(ctx, repository, manifest.Config)
	if err != nil {
		return err
	}
	var config ocispec.Image
	return json.Unmarshal(raw, &config)
}

func blob(ctx context.Context, repository *remote.Repository, digest string) (int64, error) {
	descriptor, err := repository.Blobs().Resolve(ctx, digest)
	if err != nil {
		return 0, err
	}
	stream, err := repository.Blobs().Fetch(ctx, descriptor)
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	checked := content.NewVerifyReader(stream, descriptor)
	read, err := io.CopyBuffer(io.Discard, checked, make([]byte, 1<<20))
	if err != nil {
		return 0, err
	}
	return read, checked.Verify()
}
