package commands
import ("testing";"time";"fmt";"smoltcp/stack")
func TestZZ(t *testing.T){
	client, server := startServers(t, 64, 1000, stack.Config{})
	c := dial(t, client, 19)
	c.SetDeadline(time.Now().Add(time.Second))
	buf := make([]byte, 1000)
	total:=0; wrote:=0
	for i:=0;i<3000;i++ { if i==100 { c.CloseWrite() }
		n, err := c.Read(buf); total+=n
		if err!=nil { fmt.Println("read",err); break}
		if i<100 { n, err = c.Write(buf[:n]); wrote+=n }
		if err!=nil { fmt.Println("write",err); break}
	}
	fmt.Println(total,wrote)
	fmt.Printf("client %+v\n", c.Info())
	server.Do(func(s *stack.Stack){ for x := range s.TCPSockets(){ fmt.Printf("server %+v\n", x.Info()) }})
}
