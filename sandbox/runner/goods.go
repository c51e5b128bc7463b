package main

import "crypto/tls"

// goods is what a job has in Vault. Until `there` is closed, only the one who redeems it may look.
type goods struct {
	credentials credentials
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
func (g *goods) needles() []string { return append(g.credentials.needles(), g.secrets...) }

// redeemInto takes secrets and a certificate out of Vault, each with a token of its own, over the one connection that a job has
// there. Either may be missing.
func (s *session) redeemInto(g *goods, secret, certificate *vaultSecrets) *flaw {
	if f := secret.known(); f != nil {
		return f
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
	if secret != nil {
		g.credentials, f = vault.redeem(secret)
	}
	return f
}

func (g *goods) takeCertificate(vault *vaultLine, secrets *vaultSecrets) *flaw {
	if len(secrets.References) != 1 {
		return invalid("a client certificate is made of one secret")
	}
	ref := &secrets.References[0]
	values, f := vault.takeCertificate(secrets.WrappingToken, ref)
	if f != nil {
		return f
	}
	if g.certificate, f = readCertificate(ref, values); f != nil {
		return f
	}
	if len(values[1]) > mostSecret && ref.CommonName == "" {
		return tooLong(ref.Path, ref.Fields[1], values[1])
	}
	g.secrets = keyNeedles(values[1])
	return nil
}

// takeCertificate gives the certificate and its private key, out of a secret or as a PKI engine issues them.
func (v *vaultLine) takeCertificate(wrapping string, ref *secretRef) ([]string, *flaw) {
	token, f := v.unwrap(wrapping)
	if f != nil {
		return nil, f
	}
	if ref.CommonName != "" {
		return v.issue(token, ref.Path, ref.CommonName)
	}
	fields, f := v.read(token, ref.Path)
	if f != nil {
		return nil, f
	}
	return ref.texts(fields)
}

func firstOf(all ...*vaultSecrets) *vaultSecrets {
	for _, one := range all {
		if one != nil {
			return one
		}
	}
	return nil
}
