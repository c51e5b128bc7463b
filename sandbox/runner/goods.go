package main

import (
	"crypto/tls"
	"slices"
)

// goods is what a job has in Vault. Until `there` is closed, only the one who redeems it may look.
type goods struct {
	credential  *credential
	certificate *tls.Certificate
	secrets     []string // of the certificate: the texts that must not leave the box
	flaw        *flaw
	there       chan struct{}
}

func newGoods() *goods { return &goods{there: make(chan struct{})} }

// settle says that there is nothing more to wait for.
func (g *goods) settle(f *flaw) *flaw {
	g.flaw = f
	close(g.there)
	return f
}

// needles are the texts to look for in what leaves the box.
func (g *goods) needles() []string {
	return append(slices.Clone(g.credential.needles()), g.secrets...)
}

// redeemInto takes a secret and a certificate out of Vault, each with a token of its own, over the one connection that a job has
// there. Either may be missing.
func (s *session) redeemInto(g *goods, secret, certificate *secretRef) *flaw {
	var kind credentialKind
	if secret != nil {
		var f *flaw
		if kind, f = kindOf(secret); f != nil {
			return f
		}
	}
	vault, f := s.openVault(firstOf(secret, certificate))
	if f != nil {
		return f
	}
	defer vault.conn.Close()
	if certificate != nil {
		if f := g.takeCertificate(vault, certificate); f != nil {
			return f
		}
	}
	if secret == nil {
		return nil
	}
	values, f := vault.redeem(secret)
	if f == nil {
		g.credential, f = kind.make(secret.Parameters, values)
	}
	return f
}

func (g *goods) takeCertificate(vault *vaultLine, ref *secretRef) *flaw {
	values, f := vault.redeem(ref)
	if f != nil {
		return f
	}
	if g.certificate, f = readCertificate(ref, values); f != nil {
		return f
	}
	g.secrets = keyNeedles(values[1])
	return nil
}

func firstOf(refs ...*secretRef) *secretRef {
	for _, ref := range refs {
		if ref != nil {
			return ref
		}
	}
	return nil
}
