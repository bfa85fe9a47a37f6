"""AWS Certificate Manager: until when the certificates hold that front doors show."""
