"""All pages people see at the authorization server: data in, HTML out, in plain words and without a script."""
