// Sign a descriptor with the Notary Project's own library: makenotation FORMAT DIGEST SIZE MEDIATYPE OUT ROOT
//
// FORMAT is jws or cose. Writes the envelope to OUT, and the certificate of a root made for this one signature to ROOT.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"log"
	"math/big"
	"os"
	"strconv"
	"time"

	"github.com/notaryproject/notation-core-go/signature"
	"github.com/notaryproject/notation-core-go/signature/cose"
	"github.com/notaryproject/notation-core-go/signature/jws"
)

func certificate(template, parent *x509.Certificate, key *rsa.PrivateKey, signer *rsa.PrivateKey) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	check(err)
	made, err := x509.ParseCertificate(der)
	check(err)
	return made
}

func template(name string, serial int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"Demo"}, Country: []string{"US"}, Province: []string{"WA"}},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(20, 0, 0),
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	if len(os.Args) != 7 {
		log.Fatal("usage: makenotation jws|cose DIGEST SIZE MEDIATYPE OUT ROOT")
	}
	rootKey, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	leafKey, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	root := template("demo root", 1)
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign
	root.MaxPathLenZero = false
	ca := certificate(root, root, rootKey, rootKey)
	leaf := template("demo signer", 2)
	leaf.BasicConstraintsValid, leaf.KeyUsage = true, x509.KeyUsageDigitalSignature
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	signer, err := signature.NewLocalSigner([]*x509.Certificate{certificate(leaf, ca, leafKey, rootKey), ca}, leafKey)
	check(err)
	size, err := strconv.ParseInt(os.Args[3], 10, 64)
	check(err)
	target := map[string]any{"targetArtifact": map[string]any{"mediaType": os.Args[4], "digest": os.Args[2], "size": size}}
	payload, err := json.Marshal(target)
	check(err)
	kind := jws.MediaTypeEnvelope
	if os.Args[1] == "cose" {
		kind = cose.MediaTypeEnvelope
	}
	envelope, err := signature.NewEnvelope(kind)
	check(err)
	made, err := envelope.Sign(&signature.SignRequest{
		Payload:       signature.Payload{ContentType: "application/vnd.cncf.notary.payload.v1+json", Content: payload},
		Signer:        signer,
		SigningTime:   time.Now(),
		SigningScheme: signature.SigningSchemeX509,
		SigningAgent:  "makenotation/1",
	})
	check(err)
	check(os.WriteFile(os.Args[5], made, 0o600))
	check(os.WriteFile(os.Args[6], pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}), 0o600))
}
