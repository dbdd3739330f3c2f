// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package roster_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/roster"
	"github.com/usher-operator/usher/internal/emailaddr"
)

func TestRoster(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Roster")
}

var options = roster.Options{All: roster.Grant{Role: v1alpha1.RoleMember}, Access: v1alpha1.WorkspaceView}

var _ = Describe("FromSpreadsheet", func() {
	read := func(file string) []roster.Person {
		GinkgoHelper()
		people, err := roster.FromSpreadsheet([]byte(file), options)
		Expect(err).NotTo(HaveOccurred())
		return people
	}

	It("WXP-6 CLI-1 reads a column for each field, in English", func() {
		people := read("Email,Name,Role,Workspaces,Groups,Modules,Language,Message\n" +
			"zoe@acme.example,Zoe Sanz,UserAdmin,\"support:Edit, sales\",\"helpdesk;leads\",remote-support,es-ES,\"Hello,\nZoe\"\n" +
			"max@acme.example,,,,,,,\n")
		Expect(people).To(Equal([]roster.Person{{
			Line: 2, Addressee: emailaddr.Addressee{Email: "zoe@acme.example", Name: "Zoe Sanz"},
			Grant: roster.Grant{
				Role:       v1alpha1.RoleUserAdmin,
				Workspaces: []v1alpha1.WorkspaceGrant{{Name: "support", Access: "Edit"}, {Name: "sales", Access: "View"}},
				Groups:     []v1alpha1.ObjectName{"helpdesk", "leads"}, Modules: []v1alpha1.ObjectName{"remote-support"},
				Language: "es-ES", Message: "Hello,\nZoe",
			},
		}, {Line: 4, Addressee: emailaddr.Addressee{Email: "max@acme.example"}, Grant: options.All}}))
	})

	It("WXP-6 CLI-1 reads Spanish titles, in whatever order and case", func() {
		people := read("ROL;Apellidos;NOMBRE;Correo electrónico;Espacios de trabajo;Mensaje\n" +
			"member;Sanz Gil;Zoe;zoe@acme.example;support (Edit);Hola\n")
		Expect(people).To(HaveLen(1))
		Expect(people[0].String()).To(Equal(`"Zoe Sanz Gil" <zoe@acme.example>`))
		Expect(people[0].Workspaces).To(ConsistOf(v1alpha1.WorkspaceGrant{Name: "support", Access: "Edit"}))
		Expect(people[0].Message).To(Equal("Hola"))
	})

	It("CLI-1 reads a column of addresses without a title, with names and without", func() {
		people := read("zoe@acme.example\nMax Mora <max@acme.example>\n")
		Expect(people).To(HaveLen(2))
		Expect(people[1].String()).To(Equal(`"Max Mora" <max@acme.example>`))
	})

	It("CLI-1 takes a line that is there twice once", func() {
		Expect(read("email,role\nzoe@acme.example,Member\nZOE@acme.example,Member\n")).To(HaveLen(1))
	})

	It("CLI-1 leaves out the columns that it is told to", func() {
		people, err := roster.FromSpreadsheet([]byte("email,Dept.,\nzoe@acme.example,7,\n"), roster.Options{All: options.All, Ignored: []string{"dept"}})
		Expect(err).NotTo(HaveOccurred())
		Expect(people).To(HaveLen(1))
	})

	DescribeTable("CLI-1 says all that is wrong, with line and column", func(file string, lines ...string) {
		_, err := roster.FromSpreadsheet([]byte(file), options)
		Expect(err).To(HaveOccurred())
		Expect(strings.Split(err.Error(), "\n")).To(HaveExactElements(lines))
	},
		Entry("in several lines and cells", "email,role,workspaces,language\nzoe@,Boss,support:All,\nmax@acme.example,Member,sup port,klingon!\n",
			`line 2, column 1: "zoe@" is not an email address such as ana@acme.example`,
			`line 2, column 2: there is no role "Boss": choose one of OrganizationAdmin, BillingAdmin, FinanceAdmin, UserAdmin, Technician, Member, NotificationsOnly`,
			`line 2, column 3: there is no access "All": choose one of Admin, Edit, View`,
			`line 3, column 3: "sup port" is no workspace: write its name, and the access after a colon, as in support:Edit`,
			`line 3, column 4: "klingon!" is no language: write a tag such as es or en-GB`),
		Entry("a line without an address", "email,name\n,Zoe\n", "line 2, column 1: the address is missing"),
		Entry("two addresses in a line", "email\nzoe@acme.example max@acme.example\n",
			`line 2, column 1: "zoe@acme.example max@acme.example" has 2 addresses: write one person a line`),
		Entry("a person with two roles", "email,role\nzoe@acme.example,Member\nzoe@acme.example,Technician\n",
			"line 3: zoe@acme.example is on line 2 already, with other values: keep one of the two"),
		Entry("too many cells", "email,message\nzoe@acme.example,Hello, Zoe\n",
			"line 2, column 3: the line has more cells than there are columns: put a cell that contains a separator in quotes"),
		Entry("a column that nobody knows", "email,Sueldo\nzoe@acme.example,1\n",
			`line 1, column 2: there is no column "Sueldo": rename it to one of email, name (or first name and last name), role, workspaces, `+
				"groups, modules, language, message; or in Spanish correo, nombre, apellidos, rol, espacios, grupos, módulos, idioma, mensaje; "+
				`or ignore it with --ignore-column="Sueldo"`),
		Entry("no column of addresses", "name,role\nZoe,Member\n", "line 1: no column has the addresses: give it the title email or correo"),
		Entry("two columns of addresses", "email,correo\nzoe@acme.example,zoe@acme.example\n",
			`line 1, column 2: "correo" means the same as column 1: keep one of the two`),
		Entry("several columns without titles", "zoe@acme.example,Member\n",
			"line 1: the first line must have the titles of the columns: email, name (or first name and last name), role, workspaces, groups, "+
				"modules, language, message; or in Spanish correo, nombre, apellidos, rol, espacios, grupos, módulos, idioma, mensaje"),
		Entry("nothing in it", " \n", "the file is empty: write one person a line, below the titles of the columns: email, name (or first name "+
			"and last name), role, workspaces, groups, modules, language, message; or in Spanish correo, nombre, apellidos, rol, espacios, "+
			"grupos, módulos, idioma, mensaje"),
		Entry("titles only", "email,name\n", "the file has titles and no people"),
		Entry("a name that turns the text round", "email,name\nzoe@acme.example,Zoe \u202Eknab\n",
			"line 2, column 2: \"Zoe \\u202eknab\" is no name: it must be a single line of at most 128 characters"),
		Entry("a message that is too long", "email,message\nzoe@acme.example,"+strings.Repeat("ñ", 2001)+"\n",
			"line 2, column 2: the message has 2001 characters, but at most 2000 are allowed"),
	)

	It("CLI-1 shows the first faults of very many, and counts the rest", func() {
		_, err := roster.FromSpreadsheet([]byte("email\n"+strings.Repeat("x\n", 50)), options)
		Expect(err.Error()).To(HaveSuffix("\nline 21, column 1: \"x\" is not an email address such as ana@acme.example\nand 30 more faults"))
	})
})

var _ = Describe("Plan", func() {
	crowd := func(n int) []roster.Person {
		var people []roster.Person
		for i := range n {
			people = append(people, roster.Person{Addressee: emailaddr.Addressee{Email: fmt.Sprintf("p%d@acme.example", i)}, Grant: options.All})
		}
		return people
	}

	It("CLI-1 makes several Invitations for more than 100 people", func() {
		batches := roster.Plan("acme", crowd(250))
		Expect(batches).To(HaveLen(3))
		Expect(batches[0].Invitation.Spec.Emails).To(HaveLen(100))
		Expect(batches[2].People).To(HaveLen(50))
		Expect(batches[0].Invitation.Name).NotTo(Equal(batches[1].Invitation.Name))
	})

	It("WXP-6 makes an Invitation for each message", func() {
		people := crowd(3)
		people[1].Message = "Hello"
		batches := roster.Plan("acme", people)
		Expect(batches).To(HaveLen(2))
		Expect(batches[0].Invitation.Spec.Emails).To(Equal([]string{"p0@acme.example", "p2@acme.example"}))
		Expect(batches[1].Invitation.Spec.Message).To(Equal("Hello"))
	})

	It("CLI-1 gives the same list the same names", func() {
		Expect(roster.Plan("acme", crowd(150))).To(Equal(roster.Plan("acme", crowd(150))))
	})
})

// FuzzFromSpreadsheet reads whatever a file may hold: it returns people whom an Invitation can name, or says what is wrong.
func FuzzFromSpreadsheet(f *testing.F) {
	for _, seed := range []string{
		"email\nzoe@acme.example\n", "correo;nombre;rol\nzoe@acme.example;Zoe;Member\n", "email,workspaces\na@b.example,\"x:Edit,y\"\n",
		"zoe@acme.example", "email,name\n\"a\" <a@b.example>,\x00\n", "\ufeffsep=;\nemail;message\na@b.example;=1+1\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		people, err := roster.FromSpreadsheet(file, options)
		if err == nil && len(people) == 0 {
			t.Fatal("neither people nor a fault")
		}
		for _, b := range roster.Plan("acme", people) {
			read, err := emailaddr.ParseList(b.Invitation.Spec.Emails)
			if err != nil || len(read) != len(b.People) {
				t.Fatalf("%q: the webhook reads %d people of %d: %v", file, len(read), len(b.People), err)
			}
			for n, a := range read {
				if a.Email != b.People[n].Email || a.Name != b.People[n].Name {
					t.Fatalf("%q: %q is read as %q", file, b.People[n].String(), a.String())
				}
			}
		}
	})
}
