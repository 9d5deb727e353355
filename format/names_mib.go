package format

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
)

// appendOIDNames appends an object identifier with the names that tcpdump knows of it, which end where the first number without one is.
func appendOIDNames(b, d []byte) []byte {
	start, dot, named, first := 0, true, true, true
	for _, short := range shortOIDs {
		if bytes.HasPrefix(d, []byte(short.prefix)) {
			b, start, dot = append(b, short.text...), len(short.prefix), false
			first = false
			break
		}
	}
	names, v := oidNames(), uint32(0)
	for i := start; i < len(d); i++ {
		v = v<<7 | uint32(d[i]&0x7f)
		if d[i]&0x80 != 0 {
			continue
		}
		if dot {
			b = append(b, '.')
		}
		if first { // it holds two
			first = false
			s := min(int32(v)/40, 2)
			v -= uint32(40 * s)
			if named = s == 1; named {
				b = append(b, "iso."...)
			} else {
				b = append(appendDecimal(b, uint64(uint32(s))), '.')
			}
		}
		name := ""
		if named {
			name = names[string(d[:i+1])]
		}
		if named = name != ""; named {
			b = append(b, name...)
		} else {
			b = appendDecimal(b, uint64(v))
		}
		v, dot = 0, true
	}
	return b
}

// shortOIDs are the beginnings of identifiers that are shortened, as they are encoded.
var shortOIDs = [...]struct{ prefix, text string }{
	{"\x2b\x06\x01\x02\x01", ""},
	{"\x2b\x06\x01\x04\x01", "E:"},
	{"\x2b\x06\x01\x03", "X:"},
	{"\x2b\x06\x01\x06\x03", "S:"},
}

// oidNames maps identifiers, as they are encoded, to the names of their last numbers.
var oidNames = sync.OnceValue(func() map[string]string {
	names := make(map[string]string)
	for _, line := range strings.Split(strings.TrimSpace(oidTable), "\n") {
		words := strings.Fields(line)
		parent := encodeOID(words[0])
		for i := 1; i+1 < len(words); i += 2 {
			names[parent+encodeOID(words[i])] = words[i+1]
		}
	}
	names["\x2b"] = "org"
	return names
})

// encodeOID encodes an identifier that begins with 1.3, or single numbers, of which none is above 127.
func encodeOID(s string) string {
	var b []byte
	if rest, root := strings.CutPrefix(s, "1.3"); root {
		b = append(b, 0x2b)
		s = strings.TrimPrefix(rest, ".")
	}
	for s != "" {
		var n string
		n, s, _ = strings.Cut(s, ".")
		v, _ := strconv.Atoi(n)
		b = append(b, byte(v))
	}
	return string(b)
}

// oidTable has on each line an identifier, and behind it the numbers and names below it.
const oidTable = `
1.3 6 dod
1.3.6 1 internet
1.3.6.1 1 directory 2 mgmt 4 private 5 security 6 snmpV2
1.3.6.1.2.1 1 system 2 interfaces 3 at 4 ip 5 icmp 6 tcp 7 udp 8 egp 10 transmission 11 snmp
1.3.6.1.2.1.1 1 sysDescr 2 sysObjectID 3 sysUpTime 4 sysContact 5 sysName 6 sysLocation 7 sysServices
1.3.6.1.2.1.2 1 ifNumber 2 ifTable
1.3.6.1.2.1.2.2 1 ifEntry
1.3.6.1.2.1.2.2.1 1 ifIndex 2 ifDescr 3 ifType 4 ifMtu 5 ifSpeed 6 ifPhysAddress 7 ifAdminStatus 8 ifOperStatus 9 ifLastChange 10 ifInOctets 11 ifInUcastPkts 12 ifInNUcastPkts 13 ifInDiscards 14 ifInErrors 15 ifInUnknownProtos 16 ifOutOctets 17 ifOutUcastPkts 18 ifOutNUcastPkts 19 ifOutDiscards 20 ifOutErrors 21 ifOutQLen 22 ifSpecific
1.3.6.1.2.1.3 1 atTable
1.3.6.1.2.1.3.1 1 atEntry
1.3.6.1.2.1.3.1.1 1 atIfIndex 2 atPhysAddress 3 atNetAddress
1.3.6.1.2.1.4 1 ipForwarding 2 ipDefaultTTL 3 ipInReceives 4 ipInHdrErrors 5 ipInAddrErrors 6 ipForwDatagrams 7 ipInUnknownProtos 8 ipInDiscards 9 ipInDelivers 10 ipOutRequests 11 ipOutDiscards 12 ipOutNoRoutes 13 ipReasmTimeout 14 ipReasmReqds 15 ipReasmOKs 16 ipReasmFails 17 ipFragOKs 18 ipFragFails 19 ipFragCreates 20 ipAddrTable 21 ipRoutingTable 22 ipNetToMediaTable
1.3.6.1.2.1.4.20 1 ipAddrEntry
1.3.6.1.2.1.4.20.1 1 ipAdEntAddr 2 ipAdEntIfIndex 3 ipAdEntNetMask 4 ipAdEntBcastAddr 5 ipAdEntReasmMaxSize
1.3.6.1.2.1.4.21 1 ipRouteEntry
1.3.6.1.2.1.4.21.1 1 ipRouteDest 2 ipRouteIfIndex 3 ipRouteMetric1 4 ipRouteMetric2 5 ipRouteMetric3 6 ipRouteMetric4 7 ipRouteNextHop 8 ipRouteType 9 ipRouteProto 10 ipRouteAge 11 ipRouteMask
1.3.6.1.2.1.4.22 1 ipNetToMediaEntry
1.3.6.1.2.1.4.22.1 1 ipNetToMediaIfIndex 2 ipNetToMediaPhysAddress 3 ipNetToMediaNetAddress 4 ipNetToMediaType
1.3.6.1.2.1.5 1 icmpInMsgs 2 icmpInErrors 3 icmpInDestUnreachs 4 icmpInTimeExcds 5 icmpInParmProbs 6 icmpInSrcQuenchs 7 icmpInRedirects 8 icmpInEchos 9 icmpInEchoReps 10 icmpInTimestamps 11 icmpInTimestampReps 12 icmpInAddrMasks 13 icmpInAddrMaskReps 14 icmpOutMsgs 15 icmpOutErrors 16 icmpOutDestUnreachs 17 icmpOutTimeExcds 18 icmpOutParmProbs 19 icmpOutSrcQuenchs 20 icmpOutRedirects 21 icmpOutEchos 22 icmpOutEchoReps 23 icmpOutTimestamps 24 icmpOutTimestampReps 25 icmpOutAddrMasks 26 icmpOutAddrMaskReps
1.3.6.1.2.1.6 1 tcpRtoAlgorithm 2 tcpRtoMin 3 tcpRtoMax 4 tcpMaxConn 5 tcpActiveOpens 6 tcpPassiveOpens 7 tcpAttemptFails 8 tcpEstabResets 9 tcpCurrEstab 10 tcpInSegs 11 tcpOutSegs 12 tcpRetransSegs 13 tcpConnTable 14 tcpInErrs 15 tcpOutRsts
1.3.6.1.2.1.6.13 1 tcpConnEntry
1.3.6.1.2.1.6.13.1 1 tcpConnState 2 tcpConnLocalAddress 3 tcpConnLocalPort 4 tcpConnRemAddress 5 tcpConnRemPort
1.3.6.1.2.1.7 1 udpInDatagrams 2 udpNoPorts 3 udpInErrors 4 udpOutDatagrams 5 udpTable
1.3.6.1.2.1.7.5 1 udpEntry
1.3.6.1.2.1.7.5.1 1 udpLocalAddress 2 udpLocalPort
1.3.6.1.2.1.8 1 egpInMsgs 2 egpInErrors 3 egpOutMsgs 4 egpOutErrors 5 egpNeighTable 6 egpAs
1.3.6.1.2.1.8.5 1 egpNeighEntry
1.3.6.1.2.1.8.5.1 1 egpNeighState 2 egpNeighAddr 3 egpNeighAs 4 egpNeighInMsgs 5 egpNeighInErrs 6 egpNeighOutMsgs 7 egpNeighOutErrs 8 egpNeighInErrMsgs 9 egpNeighOutErrMsgs 10 egpNeighStateUps 11 egpNeighStateDowns 12 egpNeighIntervalHello 13 egpNeighIntervalPoll 14 egpNeighMode 15 egpNeighEventTrigger
1.3.6.1.2.1.11 1 snmpInPkts 2 snmpOutPkts 3 snmpInBadVersions 4 snmpInBadCommunityNames 5 snmpInBadCommunityUses 6 snmpInASNParseErrs 7 snmpInBadTypes 8 snmpInTooBigs 9 snmpInNoSuchNames 10 snmpInBadValues 11 snmpInReadOnlys 12 snmpInGenErrs 13 snmpInTotalReqVars 14 snmpInTotalSetVars 15 snmpInGetRequests 16 snmpInGetNexts 17 snmpInSetRequests 18 snmpInGetResponses 19 snmpInTraps 20 snmpOutTooBigs 21 snmpOutNoSuchNames 22 snmpOutBadValues 23 snmpOutReadOnlys 24 snmpOutGenErrs 25 snmpOutGetRequests 26 snmpOutGetNexts 27 snmpOutSetRequests 28 snmpOutGetResponses 29 snmpOutTraps 30 snmpEnableAuthTraps
1.3.6.1.4.1 1 proteon 2 ibm 3 cmu 4 unix 5 acc 6 twg 7 cayman 8 nysernet 9 cisco 10 nsc 11 hp 12 epilogue 13 utennessee 14 bbn 15 xylogics 16 unisys 17 canstar 18 wellfleet 19 trw 20 mit 21 eon 22 spartacus 23 excelan 24 spider 25 nsfnet 26 sytek 27 intergraph 28 interlan 29 vitalink 30 ulana 31 nswc 32 santacruzoperation 33 xyplex 34 cray 35 bellnorthernresearch 36 dec 37 touch 38 networkresearchcorp 39 baylor 40 nmfeccllnl 41 sri 42 sun 43 3com 44 cmc 45 synoptics 46 cheyenne 47 prime 48 mcnc 49 chipcom 50 opticaldatasystems 51 gated 52 cabletron 53 apollo 54 desktalksystems 55 ssds 56 castlerock 57 mips 58 tgv 59 silicongraphics 60 ubc 61 merit 62 fibercom 63 apple 64 gandalf 65 dartmouth 66 davidsystems 67 reuter 68 cornell 69 tmac 70 locus 71 nasa 72 retix 73 boeing 74 att 75 ungermannbass 76 digitalanalysis 77 hplanman 78 netlabs 79 icl 80 auspex 81 lannet 82 ncd 83 raycom 84 pirellifocom 85 datability 86 networkappltech 87 link 88 nyu 89 rnd 90 intercon 91 learningtree 92 webstercomputer 93 frontier 94 nokia 95 allenbradley 96 cern 97 sigma 98 emergingtech 99 snmpresearch 100 ohiostate 101 ultra
1.3.6.1.6.3 10 snmpFrameworkMIB 11 snmpMPDMIB 15 snmpUsmMIB
1.3.6.1.6.3.10 1 snmpFrameworkAdmin 2 snmpFrameworkMIBObjects 3 snmpFrameworkMIBConformance
1.3.6.1.6.3.10.2 1 snmpEngine
1.3.6.1.6.3.10.2.1 1 snmpEngineID 2 snmpEngineBoots 3 snmpEngineTime 4 snmpEngineMaxMessageSize
1.3.6.1.6.3.11 1 snmpMPDAdmin 2 snmpMPDMIBObjects 3 snmpMPDMIBConformance
1.3.6.1.6.3.11.2 1 snmpMPDStats
1.3.6.1.6.3.11.2.1 1 snmpUnknownSecurityModels 2 snmpInvalidMsgs 3 snmpUnknownPDUHandlers
1.3.6.1.6.3.11.3 1 snmpMPDMIBCompliances 2 snmpMPDMIBGroups
1.3.6.1.6.3.15 1 usmMIBObjects 2 usmMIBConformance
1.3.6.1.6.3.15.1 1 usmStats 2 usmUser
1.3.6.1.6.3.15.1.1 1 usmStatsUnsupportedSecLevels 2 usmStatsNotInTimeWindows 3 usmStatsUnknownUserNames 4 usmStatsUnknownEngineIDs 5 usmStatsWrongDigests 6 usmStatsDecryptionErrors
1.3.6.1.6.3.15.1.2 1 usmUserSpinLock 2 usmUserTable
1.3.6.1.6.3.15.1.2.2 1 usmUserEntry
1.3.6.1.6.3.15.1.2.2.1 1 usmUserEngineID 2 usmUserName 3 usmUserSecurityName 4 usmUserCloneFrom 5 usmUserAuthProtocol 6 usmUserAuthKeyChange 7 usmUserOwnAuthKeyChange 8 usmUserPrivProtocol 9 usmUserPrivKeyChange 10 usmUserOwnPrivKeyChange 11 usmUserPublic 12 usmUserStorageType 13 usmUserStatus
1.3.6.1.6.3.15.2 1 usmMIBCompliances 2 usmMIBGroups
`
