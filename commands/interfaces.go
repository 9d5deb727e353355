package commands

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"smoltcp/capture"
	"smoltcp/capture/filter"
	"smoltcp/dissect"
)

// interfaceRule says in the help which of dump's arguments are interfaces.
const interfaceRule = "Leading arguments that name interfaces are interfaces, also where such a name is a word of filters; the first other\n" +
	"argument begins the filter, and what follows belongs to it whatever it is called. With -i all arguments are the filter."

// splitInterfaces parts dump's arguments into interfaces and the words of a filter.
func splitInterfaces(args []string, exists func(name string) bool) (interfaces, words []string) {
	for len(args) > 0 && exists(args[0]) {
		interfaces, args = append(interfaces, args[0]), args[1:]
	}
	if len(interfaces) == 0 && len(args) > 0 && !filter.CanBegin(args[0]) {
		// No expression begins so: it must be the name of an interface that is not there.
		return args[:1], args[1:]
	}
	return interfaces, args
}

// chooseInterfaces makes o.interfaces of what -i and the arguments name, in the namespace, and gives the rest of the arguments.
func (o *dumpOptions) chooseInterfaces(flags, args []string) (words []string, err error) {
	err = capture.InNamespace(o.netns, func() error {
		all, err := capture.ListInterfaces()
		if err != nil {
			return err
		}
		exists := func(name string) bool {
			return slices.ContainsFunc(all, func(i capture.InterfaceInfo) bool { return i.Name == name })
		}
		names := flags
		if words = args; len(flags) == 0 {
			names, words = splitInterfaces(args, exists)
		} else if len(words) > 0 && exists(words[0]) && !filter.CanBegin(words[0]) {
			return usagef("%s: with -i the arguments are the filter: for one more interface say -i %s", words[0], words[0])
		}
		if len(names) == 0 && o.filter.dump == 0 {
			names = []string{firstInterface(all)}
		}
		for _, name := range names {
			if n, err := strconv.Atoi(name); err == nil && !exists(name) {
				// tcpdump takes the numbers that -D prints.
				if n < 1 || n > len(all) {
					return fmt.Errorf("-i %s: no interface has that number (see smoltcp dump -D)", name)
				}
				name = all[n-1].Name
			}
			if !slices.Contains(o.interfaces, name) {
				o.interfaces = append(o.interfaces, name)
			}
		}
		if len(o.interfaces) > 1 && slices.Contains(o.interfaces, capture.AnyInterface) {
			return usagef("%s: any is all interfaces, the others included", strings.Join(o.interfaces, " "))
		}
		return nil
	})
	return words, err
}

// firstInterface picks the interface that a person would most likely mean.
func firstInterface(all []capture.InterfaceInfo) string {
	for _, i := range all {
		if i.Up && !i.Loopback && i.Name != capture.AnyInterface {
			return i.Name
		}
	}
	return capture.AnyInterface
}

// listInterfaces prints a line for each interface: its number, its name, what it is and its addresses.
func listInterfaces(env Env, netns string) error {
	var all []capture.InterfaceInfo
	err := capture.InNamespace(netns, func() (err error) {
		all, err = capture.ListInterfaces()
		return err
	})
	if err != nil {
		return err
	}
	var b strings.Builder
	for n, i := range all {
		fmt.Fprintf(&b, "%d.%s", n+1, i.Name)
		if i.Description != "" {
			fmt.Fprintf(&b, " (%s)", i.Description)
		}
		var flags []string
		for _, f := range []struct {
			set  bool
			name string
		}{
			{i.Up, "Up"}, {i.Running, "Running"}, {i.Loopback, "Loopback"}, {i.Wireless, "Wireless"},
			{i.CarrierKnown && i.Carrier && !i.Loopback, "Connected"}, {i.CarrierKnown && !i.Carrier, "Disconnected"},
		} {
			if f.set {
				flags = append(flags, f.name)
			}
		}
		if flags == nil {
			flags = []string{"none"}
		}
		fmt.Fprintf(&b, " [%s]", strings.Join(flags, ", "))
		for _, a := range i.Addrs {
			fmt.Fprintf(&b, " %s", a)
		}
		b.WriteByte('\n')
	}
	_, err = io.WriteString(env.Stdout, b.String())
	return err
}

// links gives the link types of o.interfaces.
func (o *dumpOptions) links() (links []dissect.LinkType, err error) {
	err = capture.InNamespace(o.netns, func() error {
		for _, name := range o.interfaces {
			link, err := capture.InterfaceLink(name)
			if err != nil {
				return err
			}
			links = append(links, link)
		}
		return nil
	})
	return links, err
}

// listLinkTypes prints the link types that captures on the interfaces can have, as tcpdump -L does: there is one for each.
func (o *dumpOptions) listLinkTypes(env Env) error {
	links, err := o.links()
	if err != nil {
		return err
	}
	for i, link := range links {
		fmt.Fprintf(env.Stdout, "Data link types for %s (use option -y to set):\n  %v (%s)\n", o.interfaces[i], link, link.Description())
	}
	return nil
}

// listTimeStampTypes prints what tcpdump -J prints.
func (o *dumpOptions) listTimeStampTypes(env Env) error {
	if _, err := o.links(); err != nil {
		return err
	}
	for _, name := range o.interfaces {
		fmt.Fprintf(env.Stdout, "Time stamp types for %s (use option -j to set):\n  host (Host)\n", name)
	}
	return nil
}

// linkTypeByName finds a link type by its name, which tcpdump takes in capitals and small letters alike.
func linkTypeByName(name string) (dissect.LinkType, error) {
	if strings.EqualFold(name, dissect.LinkRaw.String()) {
		return dissect.LinkRaw, nil // the system's own numbers have the name, too
	}
	for link := range dissect.LinkType(1 << 9) {
		if strings.EqualFold(link.String(), name) {
			return link, nil
		}
	}
	return 0, usagef("-y %s: no such link type (smoltcp dump -L lists those of an interface)", name)
}
