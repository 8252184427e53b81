"""The resource server: whose access tokens are believed here, and how each is verified.

https://www.rfc-editor.org/rfc/rfc6750, https://www.rfc-editor.org/rfc/rfc8725, https://www.rfc-editor.org/rfc/rfc9700
"""
