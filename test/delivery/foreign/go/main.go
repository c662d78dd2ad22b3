// Reads a WebSocket with coder/websocket and prints each text on a line of its own.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/coder/websocket"
)

func main() {
	ctx := context.Background()
	conn, _, err := websocket.Dial(ctx, os.Args[1], nil)
	if err != nil {
		log.Fatal(err)
	}
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(text))
	}
}
