package auth

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tmk/consult"
)

const (
	minPassword = 12   // characters
	maxPassword = 1024 // bytes; more only feeds the hash
	maxLogin    = 64   // characters
	maxName     = 128  // characters
	madeChars   = 16   // of a password that is made here: 80 bits
)

// madePassword makes a password that can be read out: "ABCD-EFGH-2345-WXYZ".
func madePassword() string { return grouped(rand.Text()[:madeChars], 4) }

// cleanLogin is how a login is kept. What is not UTF-8 stays so, to be refused.
func cleanLogin(login string) string {
	if !utf8.ValidString(login) {
		return login
	}
	return strings.ToLower(strings.TrimSpace(login))
}

func checkLogin(login string) error {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == ' ' }
	if login == "" || !utf8.ValidString(login) || utf8.RuneCountInString(login) > maxLogin || strings.ContainsFunc(login, odd) {
		return consult.Invalid("/login", "must be 1 to 64 characters without spaces")
	}
	return nil
}

func checkName(name string) error {
	odd := func(r rune) bool { return !unicode.IsPrint(r) }
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, odd) {
		return consult.Invalid("/name", "must be one line of at most 128 characters")
	}
	return nil
}

func checkRoles(roles []consult.StaffRole) error {
	if len(roles) == 0 {
		return consult.Invalid("/roles", "an account needs at least one")
	}
	for i, r := range roles {
		if !slices.Contains(consult.AllStaffRoles, r) {
			return consult.Invalid(fmt.Sprintf("/roles/%d", i), "is not a role")
		}
		if slices.Contains(roles[:i], r) {
			return consult.Invalid(fmt.Sprintf("/roles/%d", i), "is given twice")
		}
	}
	return nil
}

func checkPassword(password string) error {
	switch {
	case !utf8.ValidString(password):
		return consult.Invalid("/password", "is not UTF-8")
	case utf8.RuneCountInString(password) < minPassword:
		return consult.Invalid("/password", "must have 12 characters or more")
	case len(password) > maxPassword:
		return consult.Invalid("/password", "has more than 1024 bytes")
	}
	return nil
}
