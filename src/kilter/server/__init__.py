"""What turns the house into a server: settings, routes and the WSGI door. No rules here."""
