package dissect

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"testing"
)

// ownPort gives each sample a connection of its own: for a reader who remembers, such as tshark.
func ownPort(port uint16) uint16 {
	if port == 40000 {
		port += uint16(len(samples))
	}
	return port
}

// tcpSample is a sample of a segment from src to dst with the given payload.
func tcpSample(want, name string, src, dst uint16, payload string) {
	src, dst = ownPort(src), ownPort(dst)
	h := TCPHeader{SrcPort: src, DstPort: dst, Seq: 1, Ack: 1, Flags: PSH | ACK, Window: 512}
	addSample(name, LinkEthernet, "eth ip tcp "+want, fmt.Sprintf("02000000 0001aa64 4735a4bd 0800 4500 %04x 1c464000 40060000 c0a84564 c0a84501 %x %x",
		40+len(payload), h.Append(nil), payload))
}

// udpSample is the same of a datagram.
func udpSample(want, name string, src, dst uint16, payload string) {
	src, dst = ownPort(src), ownPort(dst)
	h := UDPHeader{SrcPort: src, DstPort: dst, Length: uint16(8 + len(payload))}
	addSample(name, LinkEthernet, "eth ip udp "+want, fmt.Sprintf("02000000 0001aa64 4735a4bd 0800 4500 %04x 1c464000 40110000 c0a84564 c0a84501 %x %x",
		28+len(payload), h.Append(nil), payload))
}

// tlsRecord is a record with the given content in hexadecimal.
func tlsRecord(t TLSType, content string) string {
	b, err := hex.DecodeString(content)
	if err != nil {
		panic(err)
	}
	return string(binary.BigEndian.AppendUint16([]byte{byte(t), 3, 3}, uint16(len(b)))) + string(b)
}

// tlsMessage is a handshake message, in hexadecimal, around a body that is too.
func tlsMessage(m TLSMessage, body string) string {
	return fmt.Sprintf("%02x%06x%s", m, len(body)/2, body)
}

// sshPacket is a packet of SSH with as much padding as it needs.
func sshPacket(m SSHMessage, body string) string {
	pad := 8 - (SSHHeaderLen+len(body))%8
	if pad < 4 {
		pad += 8
	}
	b := binary.BigEndian.AppendUint32(nil, uint32(2+len(body)+pad))
	return string(append(b, byte(pad), byte(m))) + body + string(make([]byte, pad))
}

const (
	tlsTestRandom     = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	tlsRetryRandom    = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c" // RFC 8446 section 4.1.3
	tlsTestExtensions = "0000000e000c0000096c6f63616c686f7374" +                           // localhost
		"000b000403000102" + "000a00060004001d0017" + "00230000" + "0010000e000c02683208687474702f312e31" +
		"000d0006000404030804" + "002b0005040304 0303" + "002d00020101" + "0033000e000c001d00080102030405060708" + "ff01000100" + "0015000400000000" + "fe0d0003010203"
)

func init() {
	tcpSample("http", "http/request", 40000, 80, "GET /a/b?x=1 HTTP/1.1\r\nHost: example.com\r\nX-Foo:  bar \r\nno colon\r\n\r\n")
	tcpSample("http data", "http/response", 80, 40000, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n")
	tcpSample("http http", "http/pipeline", 40000, 80, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\nHost: a\n\n")
	tcpSample("http tcp.segment", "http/chunked", 80, 40000, "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
	tcpSample("http", "http/beginning", 80, 40000, "HTTP/1.1 2x0 Odd\r\nServ")
	tcpSample("tcp.segment", "http/middle", 80, 40000, "the rest of a body\r\n")
	tcpSample("rtsp", "rtsp/request", 40000, 554, "DESCRIBE rtsp://h/a RTSP/1.0\r\nCSeq: 1\r\nSession: 12\r\n\r\n")
	tcpSample("rtsp tcp.segment", "rtsp/reply", 554, 40000, "RTSP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc")
	tcpSample("rtsp rtsp", "rtsp/odd", 554, 40000, "RTSP/1.0 xyz\r\n\r\nRTSP/1.0\r\n\r\n")
	tcpSample("rtsp tcp.segment", "rtsp/media", 554, 40000, "$\x00\x00\x04abcd")
	tcpSample("tcp.segment", "rtsp/middle", 554, 40000, "abc")
	udpSample("sip data", "sip/request", 5060, 5060, "INVITE sip:b@example.com SIP/2.0\r\nf: <sip:a@b>\r\nContent-Length: 5\r\n\r\nv=0\r\n")
	udpSample("sip", "sip/reply", 5060, 40000, "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP a\r\nCSeq: 1 INVITE\r\n\r\n")
	udpSample("sip", "sip/odd", 5060, 40000, "SIP/2.0 x")
	udpSample("data", "sip/keep-alive", 5060, 40000, "\r\n\r\n")
	tcpSample("smtp", "smtp/commands", 40000, 25, "MAIL FROM:<a@b>\r\nrcpt TO:<c@d>\r\nDATA\r\n")
	tcpSample("smtp", "smtp/replies", 25, 40000, "250-mail.example\r\n250-SIZE 1000\r\n250 OK\r\n354\r\n")
	tcpSample("smtp tcp.segment", "smtp/then-text", 40000, 25, "DATA\r\nSubject: x\r\n")
	tcpSample("tcp.segment", "smtp/text", 40000, 25, "Subject: x\r\n\r\nHello\r\n.\r\n")
	tcpSample("ftp", "ftp/command", 40000, 21, "PORT 1,2,3,4,10,11\r\nNOOP\r\n")
	tcpSample("ftp", "ftp/passive", 21, 40000, "227 Entering Passive Mode (192,168,69,1,10,11)\r\n")
	tcpSample("ftp", "ftp/extended", 21, 40000, "229 go (|||6446|)\r\n")
	tcpSample("ftp", "ftp/text", 21, 40000, "no code\r\n")
	tcpSample("ftp", "ftp/empty", 21, 21, "\r\n")
	tcpSample("ssh", "ssh/introduction", 40000, 22, "SSH-2.0-OpenSSH_9.2\r\n")
	tcpSample("ssh ssh", "ssh/new-keys", 40000, 22, sshPacket(SSHKexDHInit, "\x00\x00\x00\x02ab")+sshPacket(SSHNewKeys, ""))
	tcpSample("ssh ssh", "ssh/kex", 40000, 22, "SSH-2.0-x\r\n"+sshPacket(SSHKexInit, "0123456789abcdef"+"\x00\x00\x00\x03a,b"+string(make([]byte, 9*4))+"\x00\x00\x00\x00\x00"))
	tcpSample("tcp.segment", "ssh/encrypted", 40000, 22, "\x12\x34\x56\x78some thing else that is long enough")
	tcpSample("telnet", "telnet/options", 23, 40000, "\xff\xfd\x18\xff\xfb\x01login: ")
	tcpSample("telnet", "telnet/data", 40000, 23, "\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0\xff\xfa\x18\x00VT100\xff\xf0bob\r\x00a\xff\xffb\r\nc\xff\xf9\xff\xfa\x27\x00\x01\xff\xf0")
	tcpSample("telnet", "telnet/cut", 40000, 23, "x\xff\xfa\x18\x00")
	tcpSample("resp", "resp/command", 40000, 6379, "*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n")
	tcpSample("resp", "resp/replies", 6379, 40000, "+OK\r\n-ERR x\r\n:12\r\n:-1\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n\r\n$9\r\nabc")
	tcpSample("resp", "resp/inline", 40000, 6379, "PING\r\n")
	tcpSample("tcp.segment", "resp/middle", 40000, 6379, "ab\r\nc\r\n")

	hello := "0303" + tlsTestRandom + "00"
	extensions := unspace(tlsTestExtensions)
	tcpSample("tls", "tls/client-hello", 40000, 443, tlsRecord(TLSHandshake, tlsMessage(TLSClientHello,
		hello+"0006130113020a0a"+"0100"+fmt.Sprintf("%04x", len(extensions)/2)+extensions)))
	tcpSample("tls", "tls/server-hello", 443, 40000, tlsRecord(TLSHandshake, tlsMessage(TLSServerHello, hello+"1301"+"00"+"0010"+"002b00020304"+"00330006001d00020102"))+
		tlsRecord(TLSChangeCipherSpec, "01")+tlsRecord(TLSData, "00112233"))
	tcpSample("tls", "tls/retry", 443, 40000, tlsRecord(TLSHandshake, tlsMessage(TLSServerHello, "0303"+tlsRetryRandom+"00"+"1301"+"00"+"0006"+"00330002001d")))
	tcpSample("tls", "tls/certificate", 443, 40000, tlsRecord(TLSHandshake, tlsMessage(TLSServerHello, hello+"c02f"+"00")+tlsMessage(TLSCertificate, "000007"+"000004"+"30020101")+
		tlsMessage(14, "")))
	tcpSample("tls", "tls/ticket", 443, 40000, tlsRecord(TLSHandshake, tlsMessage(TLSTicket, "00001c20"+"0004"+"01020304"))+tlsRecord(TLSChangeCipherSpec, "01")+
		tlsRecord(TLSHandshake, "0011223344556677"))
	tcpSample("tls", "tls/alert", 443, 40000, tlsRecord(TLSAlert, "0228")+tlsRecord(TLSAlert, "00112233"))
	tcpSample("tls", "tls/odd-hello", 40000, 443, tlsRecord(TLSHandshake, tlsMessage(TLSClientHello, hello+"0003130113"+"0100"+"0009"+"0000000500030000ff")))
	tcpSample("tls tcp.segment", "tls/data", 443, 40000, tlsRecord(TLSData, "00112233")+"\x17\x03\x03\x40\x00abc")
	tcpSample("tcp.segment", "tls/middle", 443, 40000, "in the middle of a record")
	for _, t := range []LayerType{LayerHTTP, LayerRTSP, LayerSIP, LayerSMTP, LayerSSH, LayerTLS} {
		looseBodies[t] = true // a message may be cut short, and be several
	}
	views[LayerHTTP] = func(b []byte) view { return HTTP(b) }
	views[LayerRTSP] = func(b []byte) view { return RTSP(b) }
	views[LayerSIP] = func(b []byte) view { return SIP(b) }
	views[LayerSMTP] = func(b []byte) view { return SMTP(b) }
	views[LayerSSH] = func(b []byte) view { return SSH(b) }
	views[LayerTLS] = func(b []byte) view { return TLSRecord(b) }
}

func unspace(s string) string { return string(bytes.ReplaceAll([]byte(s), []byte(" "), nil)) }

// sampleFields gives the fields of the last layer of type lt in a sample.
func sampleFields(t *testing.T, name string, lt LayerType) *recorder {
	t.Helper()
	var p Packet
	s := findSample(name)
	p.Decode(s.link, s.data, len(s.data))
	for i := len(p.Layers()) - 1; i >= 0; i-- {
		if p.Layers()[i].Type == lt {
			return record(&p, i)
		}
	}
	t.Fatalf("%s has no layer %v", name, lt)
	return nil
}

// TestApplicationFields: what a reader looks for in each protocol is there.
func TestApplicationFields(t *testing.T) {
	for _, c := range []struct {
		sample string
		layer  LayerType
		field  string
		want   string
	}{
		{"http/request", LayerHTTP, "http.request.method", `"GET"`},
		{"http/request", LayerHTTP, "http.request.uri", `"/a/b?x=1"`},
		{"http/request", LayerHTTP, "http.request.version", `"HTTP/1.1"`},
		{"http/request", LayerHTTP, "http.host", `"example.com"`},
		{"http/request", LayerHTTP, "http.request.line", `"Host: example.com\r\n"`},
		{"http/response", LayerHTTP, "http.response.code", "200"},
		{"http/response", LayerHTTP, "http.response.phrase", `"OK"`},
		{"http/response", LayerHTTP, "http.content_length", "6"},
		{"http/pipeline", LayerHTTP, "http.request.uri", `"/2"`},
		{"http/middle", LayerSegment, "tcp.payload", fmt.Sprintf("%x", "the rest of a body\r\n")},
		{"rtsp/request", LayerRTSP, "rtsp.url", `"rtsp://h/a"`},
		{"rtsp/request", LayerRTSP, "rtsp.session", `"12"`},
		{"rtsp/reply", LayerRTSP, "rtsp.status", "200"},
		{"rtsp/media", LayerRTSP, "rtsp.length", "4"},
		{"sip/request", LayerSIP, "sip.Method", `"INVITE"`},
		{"sip/request", LayerSIP, "sip.From", `"<sip:a@b>"`},
		{"sip/reply", LayerSIP, "sip.Status-Code", "180"},
		{"smtp/commands", LayerSMTP, "smtp.req.parameter", `"FROM:<a@b>"`},
		{"smtp/replies", LayerSMTP, "smtp.response", `"250-mail.example\r\n"`},
		{"ftp/command", LayerFTP, "ftp.active.port", "2571"},
		{"ftp/passive", LayerFTP, "ftp.passive.ip", "192.168.69.1"},
		{"ftp/extended", LayerFTP, "ftp.epsv.port", "6446"},
		{"ftp/text", LayerFTP, "ftp.response.arg", `"no code"`},
		{"ssh/introduction", LayerSSH, "ssh.protocol", `"SSH-2.0-OpenSSH_9.2"`},
		{"ssh/new-keys", LayerSSH, "ssh.message_code", "21 (New Keys)"},
		{"ssh/kex", LayerSSH, "ssh.kex_algorithms", `"a,b"`},
		{"telnet/options", LayerTelnet, "telnet.subcmd", "24 (Terminal Type)"},
		{"telnet/options", LayerTelnet, "telnet.data", `"login: "`},
		{"telnet/data", LayerTelnet, "telnet.naws_subopt.width", "80"},
		{"telnet/data", LayerTelnet, "telnet.string_subopt.value", `"VT100"`},
		{"resp/command", LayerRESP, "resp.bulk_string.value", "4543484f"},
		{"resp/replies", LayerRESP, "resp.integer", "12"},
		{"tls/client-hello", LayerTLS, "tls.handshake.extensions_server_name", `"localhost"`},
		{"tls/client-hello", LayerTLS, "tls.handshake.extensions_alpn_str", `"h2"`},
		{"tls/client-hello", LayerTLS, "tls.handshake.ciphersuite", "4865 (TLS_AES_128_GCM_SHA256)"},
		{"tls/server-hello", LayerTLS, "tls.handshake.extensions.supported_version", "772 (TLS 1.3)"},
		{"tls/server-hello", LayerTLS, "tls.record.opaque_type", "23 (Application Data)"},
		{"tls/data", LayerTLS, "tls.record.content_type", "23 (Application Data)"},
		{"tls/alert", LayerTLS, "tls.alert_message.desc", "40 (handshake failure)"},
		{"tls/certificate", LayerTLS, "tls.handshake.certificate", "30020101"},
		{"tls/ticket", LayerTLS, "tls.handshake.session_ticket", "01020304"},
	} {
		if got, _ := sampleFields(t, c.sample, c.layer).find(c.field); got != c.want {
			t.Errorf("%s: %s is %s, want %s", c.sample, c.field, got, c.want)
		}
	}
}

func FuzzHTTP(f *testing.F) { fuzzView(f, LayerHTTP) }
func FuzzRTSP(f *testing.F) { fuzzView(f, LayerRTSP) }
func FuzzSIP(f *testing.F)  { fuzzView(f, LayerSIP) }
func FuzzSMTP(f *testing.F) { fuzzView(f, LayerSMTP) }
func FuzzSSH(f *testing.F)  { fuzzView(f, LayerSSH) }
func FuzzTLS(f *testing.F)  { fuzzView(f, LayerTLS) }
