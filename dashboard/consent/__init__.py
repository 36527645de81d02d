"""What people state about portraits and voices when they upload them: that they may use them."""
