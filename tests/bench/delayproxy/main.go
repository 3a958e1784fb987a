// A relay that gives a loopback registry a round trip, and counts what goes through it.
//
//	delayproxy HOST:PORT MILLISECONDS
//
// It prints the address it listens on. Every chunk is held for half of the round trip in each direction, and the
// first one of a connection for a whole round trip more, as the handshake of a real one would take. So a request
// on a connection that is open costs one round trip, and one that opens a connection two.
// Each line on standard input is answered with a line: requests, connections and bytes sent back since the start.
// It ends when standard input does.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

var requests, connections, sent atomic.Int64

// The end of a request line: bodies that hold it are counted wrongly, and no registry serves such.
var mark = []byte(" HTTP/1.1\r\n")

// No more than so many chunks are under way in one direction; TCP holds back the rest.
const window = 4096

type chunk struct {
	data []byte
	due  time.Time
}

func main() {
	target := os.Args[1]
	milliseconds, err := strconv.ParseFloat(os.Args[2], 64)
	if err != nil {
		log.Fatal(err)
	}
	half := time.Duration(milliseconds * float64(time.Millisecond) / 2)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	go accept(listener, target, half)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(requests.Load(), connections.Load(), sent.Load())
	}
}

func accept(listener net.Listener, target string, half time.Duration) {
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		connections.Add(1)
		go serve(client, target, half)
	}
}

func serve(client net.Conn, target string, half time.Duration) {
	registry, err := net.Dial("tcp", target)
	if err != nil {
		client.Close()
		return
	}
	asked := make(chan bool)
	go func() {
		relay(client, registry, half, 2*half, countRequests())
		close(asked)
	}()
	relay(registry, client, half, 0, func(data []byte) { sent.Add(int64(len(data))) })
	<-asked
	client.Close()
	registry.Close()
}

// relay hands on what comes from one side to the other, late by so much; the first chunk by a handshake more.
func relay(from, to net.Conn, late, handshake time.Duration, count func([]byte)) {
	if late == 0 {
		copyNow(from, to, count)
		return
	}
	waiting := make(chan chunk, window)
	go func() {
		defer close(waiting)
		for {
			data := make([]byte, 64<<10)
			n, err := from.Read(data)
			if n > 0 {
				count(data[:n])
				waiting <- chunk{data[:n], time.Now().Add(late + handshake)}
				handshake = 0
			}
			if err != nil {
				return
			}
		}
	}()
	for next := range waiting {
		time.Sleep(time.Until(next.due))
		if _, err := to.Write(next.data); err != nil {
			break
		}
	}
	end(from, to)
	for range waiting { // the reader may be waiting for room
	}
}

func copyNow(from, to net.Conn, count func([]byte)) {
	data := make([]byte, 256<<10)
	for {
		n, err := from.Read(data)
		count(data[:n])
		if n > 0 {
			if _, failed := to.Write(data[:n]); failed != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	end(from, to)
}

// end tells the other side that nothing more comes; both directions end on their own.
func end(from, to net.Conn) {
	if half, ok := to.(*net.TCPConn); ok {
		half.CloseWrite()
	}
	if half, ok := from.(*net.TCPConn); ok {
		half.CloseRead()
	}
}

// countRequests counts request lines in the chunks of one connection, also those that are cut in two.
func countRequests() func([]byte) {
	var rest []byte
	return func(data []byte) {
		rest = append(rest, data...)
		requests.Add(int64(bytes.Count(rest, mark)))
		keep := min(len(mark)-1, len(rest))
		rest = append(rest[:0], rest[len(rest)-keep:]...)
	}
}
